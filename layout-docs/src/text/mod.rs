//! Plain text for terminals: tables and ASCII rulers.

pub(crate) mod bits;
mod fields;
pub(crate) mod live;
mod ruler;
mod structs;
mod tree;

use crate::cost;
use crate::doc;
use crate::index::{Holder, Index};
use crate::model::{Class, Model, Width};
use crate::reorder::{Slot, Suggestion, suggest};
use crate::view::View;
use crate::words;
use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle, Table, TableStyle,
};
use std::fmt::Write as _;

pub use live::render_objects;
pub(crate) use ruler::draw;

const WIDTH: u16 = 118;

/// The model as text, at most 118 columns wide except for long names.
#[must_use]
pub fn render_text(model: &Model) -> String {
    let index = Index::new(model);
    let mut out = String::from("CLASSES\n\n");
    out.push_str(&tree::render(&index));
    if let Some(legend) = words::instance_types_legend(model) {
        out.push('\n');
        paragraph(&mut out, &legend);
    }
    for class in &model.classes {
        render_class(&index, class, &mut out);
    }
    for layout in &model.structs {
        structs::render(&index, layout, &mut out);
    }
    for bitfield in &model.bitfields {
        bits::render(&index, bitfield, &mut out);
    }
    live::render(&index, &mut out);
    out
}

fn render_class<'m>(index: &Index<'m>, class: &'m Class, out: &mut String) {
    heading(out, &class.name, &format!("{}  {}:{}", class.module, crate::index::shown_file(&class.file), class.line));
    let line: Vec<_> = index.lineage(class).iter().map(|c| c.id.as_str()).collect();
    let qualities = words::qualities(class).iter().map(|q| format!("  [{q}]")).collect::<String>();
    let _ = writeln!(out, "{}{qualities}", line.join(" > "));
    prose(out, &class.doc);
    out.push('\n');
    fact(out, "size", &words::size(class));
    fact(out, "losses", &words::losses(index, class));
    for (i, line) in cost::lines(class).iter().enumerate() {
        fact(out, if i == 0 { "cost" } else { "" }, line);
    }
    let children: Vec<_> = index.children(class).iter().map(|c| c.id.as_str()).collect();
    if !children.is_empty() {
        fact(out, "extended by", &children.join(", "));
    }
    holders(out, "referred to by", index.holders(class));
    let same = index.is_same_layout(class);
    let _ = writeln!(out, "\n{}", fields::table(&index.rows(class), same));
    for width in Width::ALL.into_iter().take(if same { 1 } else { 2 }) {
        let view = View::new(index, class, width);
        let _ = writeln!(out, "\n{}; the collector sees {}", words::pointers(width, same), words::collector(&view));
        out.push_str(&draw(&view));
    }
    if let Some(suggestion) = suggest(index, class) {
        let _ = writeln!(out, "\n{}", suggestion_text(&suggestion));
    }
}

/// `suggestion: a, Padding<2>, b saves 4 / 8 bytes`.
pub(crate) fn suggestion_text(suggestion: &Suggestion<'_>) -> String {
    let order: Vec<String> = suggestion
        .slots
        .iter()
        .map(|slot| match slot {
            Slot::Field(field) => field.name.clone(),
            Slot::Padding(padding, _) => padding.clone(),
        })
        .collect();
    format!("suggestion: {} saves {}", order.join(", "), words::bytes(suggestion.saved))
}

pub(crate) fn heading(out: &mut String, name: &str, place: &str) {
    let rule = "=".repeat(usize::from(WIDTH));
    let gap = usize::from(WIDTH).saturating_sub(name.chars().count() + place.chars().count()).max(2);
    let _ = writeln!(out, "\n\n{rule}\n{name}{}{place}", " ".repeat(gap));
}

/// A doc comment without its examples.
fn prose(out: &mut String, doc: &str) {
    for line in doc::prose(doc) {
        paragraph(out, &line);
    }
}

/// The fields that refer to something or hold it.
fn holders(out: &mut String, what: &str, holders: &[Holder<'_>]) {
    let names: Vec<_> = holders.iter().map(|h| format!("{}.{}", h.owner, h.field)).collect();
    if !names.is_empty() {
        fact(out, what, &names.join(", "));
    }
}

pub(crate) fn paragraph(out: &mut String, text: &str) {
    wrap(out, 0, text);
}

/// `size            28 / 56 bytes`, its further lines indented.
fn fact(out: &mut String, name: &str, text: &str) {
    let _ = write!(out, "{name:<FACT$}");
    wrap(out, FACT, text);
}

const FACT: usize = 16;

/// The words of `text` in lines of the page's width; the first line continues what was written, at column `indent`.
pub(crate) fn wrap(out: &mut String, indent: usize, text: &str) {
    let mut column = indent;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > indent && column + 1 + length > usize::from(WIDTH) {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if column > indent {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    if column > 0 {
        out.push('\n');
    }
}

/// A table without vertical lines, as wide as its content up to the width of the page.
pub(crate) fn table(header: &[&str], numeric: &[usize]) -> Table {
    let mut table = Table::new();
    let style = TableStyle::new()
        .header_lines(ContentLineStyle::none())
        .header_separator(LineStyle::none().fill('-').junction('-'))
        .content_lines(ContentLineStyle::none());
    table.load_style(style);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH).set_header(header.to_vec());
    for (i, column) in table.column_iter_mut().enumerate() {
        if numeric.contains(&i) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        column.set_constraint(match header[i] {
            "values" => continue,
            "doc" => ColumnConstraint::LowerBoundary(comfy_table::Width::Fixed(20)),
            _ => ColumnConstraint::ContentWidth,
        });
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    #[test]
    fn every_class_field_and_bit_is_named() {
        let model = model();
        let text = render_text(&model);
        for class in &model.classes {
            assert!(text.contains(&format!("{}:{}", class.file, class.line)), "{}", class.id);
            assert!(class.fields.iter().all(|f| text.contains(&f.name)));
            assert!(class.tails.iter().all(|t| text.contains(&t.name) && text.contains(t.length.text())));
        }
        for layout in &model.structs {
            assert!(text.contains(&format!("{}:{}", layout.file, layout.line)), "{}", layout.id);
        }
        for bits in &model.bitfields {
            assert!(bits.fields.iter().all(|f| text.contains(&f.name)));
        }
    }

    #[test]
    fn offsets_and_the_suggestion_appear() {
        let text = render_text(&model());
        assert!(text.contains("suggestion: next, port, age saves 4 / 8 bytes"), "{text}");
        assert!(text.contains("the collector sees MSSIWISI"));
        assert!(text.lines().any(|l| l.starts_with("referred to by ") && l.contains("Script.source")));
        assert!(text.lines().any(|l| l.contains("class_entry") && l.contains("16") && l.contains("24")));
    }
}
