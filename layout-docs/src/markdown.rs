//! Markdown that GitHub renders: tables, code blocks for rulers, links between classes.

use crate::doc::{self, Block, Span};
use crate::index::Index;
use crate::model::{Admits, Bitfield, Class, Holds, Length, Meaning, Model, Struct, Width};
use crate::reorder::suggest;
use crate::rows::Row;
use crate::text::{bits, draw, suggestion_text};
use crate::view::View;
use crate::words;
use std::fmt::Write as _;

/// The model as one Markdown document. Every class has an anchor: its id.
#[must_use]
pub fn render_markdown(model: &Model) -> String {
    let index = Index::new(model);
    let mut out = String::from(
        "# Object layouts\n\nSizes and offsets are in bytes; `a / b` means `a` with compressed and `b` with full pointers. \
         Offsets of the form `+a` are from the start of an element; `…` is where the elements before end.\n\n## Classes\n\n",
    );
    for root in index.roots() {
        tree(&index, root, 0, &mut out);
    }
    for class in &model.classes {
        render_class(&index, class, &mut out);
    }
    if !model.structs.is_empty() {
        out.push_str("\n## Structs in objects\n");
    }
    for layout in &model.structs {
        render_struct(&index, layout, &mut out);
    }
    if !model.bitfields.is_empty() {
        out.push_str("\n## Bit fields\n");
    }
    for bits in &model.bitfields {
        render_bits(&index, bits, &mut out);
    }
    crate::markdown_live::render(&index, &mut out);
    out
}

fn tree(index: &Index<'_>, class: &Class, depth: usize, out: &mut String) {
    let size = words::short_size(class);
    let size = if size.is_empty() { size } else { format!(" ({size})") };
    let _ = writeln!(out, "{}- {}{size}", "  ".repeat(depth), link(index, &class.id));
    for child in index.children(class) {
        tree(index, child, depth + 1, out);
    }
}

fn render_class<'m>(index: &Index<'m>, class: &'m Class, out: &mut String) {
    let _ = writeln!(out, "\n### <a id=\"{0}\"></a>`{1}`\n", class.id, class.name);
    let line: Vec<_> = index.lineage(class).iter().map(|c| link(index, &c.id)).collect();
    let qualities: String = words::qualities(class).iter().map(|q| format!(" · {q}")).collect();
    let _ = writeln!(out, "{}{qualities} · {}\n", line.join(" › "), source(index, &class.file, class.line));
    out.push_str(&blocks(&class.doc));
    let _ = writeln!(out, "- **Size:** {}", escape(&words::size(class)));
    let _ = writeln!(out, "- **Losses:** {}", words::losses(index, class));
    if let Some(cost) = crate::cost::phrase(class) {
        let _ = writeln!(out, "- **Cost:** {cost}");
    }
    if let Some(suggestion) = suggest(index, class) {
        let _ = writeln!(out, "- **Reorder:** {}", escape(&suggestion_text(&suggestion)));
    }
    let children: Vec<_> = index.children(class).iter().map(|c| link(index, &c.id)).collect();
    if !children.is_empty() {
        let _ = writeln!(out, "- **Extended by:** {}", children.join(", "));
    }
    out.push('\n');
    let same = index.is_same_layout(class);
    fields(index, &index.rows(class), same, out);
    rulers(same, |width| View::new(index, class, width), out);
}

fn render_struct<'m>(index: &Index<'m>, layout: &'m Struct, out: &mut String) {
    let _ = writeln!(out, "\n### <a id=\"struct.{0}\"></a>`{1}`\n", layout.id, layout.name);
    let _ = writeln!(out, "{} · {}\n", words::bytes(layout.size), source(index, &layout.file, layout.line));
    out.push_str(&blocks(&layout.doc));
    let same = index.is_same_struct(layout);
    fields(index, &index.struct_rows(layout), same, out);
    rulers(same, |width| View::of_struct(index, layout, width), out);
}

fn rulers<'m>(same: bool, view: impl Fn(Width) -> View<'m>, out: &mut String) {
    for width in Width::ALL.into_iter().take(if same { 1 } else { 2 }) {
        let name = if same { "Both widths".to_owned() } else { format!("{} pointers", capital(width.name())) };
        let view = view(width);
        let (collector, ruler) = (words::collector(&view), draw(&view));
        let _ = write!(
            out,
            "\n<details><summary>{name}; the collector sees {collector}</summary>\n\n```text\n{ruler}```\n\n</details>\n"
        );
    }
}

fn fields(index: &Index<'_>, rows: &[Row<'_>], same: bool, out: &mut String) {
    out.push_str(if same { "| At | Size |" } else { "| Compressed | Full | Size |" });
    out.push_str(" Name | Type | Kind | Admits | Notes |\n");
    out.push_str(if same { "|--:|--:|" } else { "|--:|--:|--:|" });
    out.push_str("---|---|---|---|---|\n");
    for row in rows {
        let offsets: Vec<String> =
            Width::ALL.into_iter().skip(usize::from(same)).map(|width| row.at.text(width)).collect();
        let mut notes = row.notes();
        if let Some(condition) = row.condition() {
            notes.insert(0, format!("only if {}", code(condition)));
        }
        if let Some(outer) = row.outer {
            notes.push(format!("in {}", struct_link(index, &outer.layout.id)));
        }
        if let Some(owner) = row.from {
            notes.push(format!("from {}", link(index, &owner.id)));
        }
        let times = match row.length {
            Some(Length::Field(text) | Length::Expression(text)) => format!(" × {}", code(text)),
            _ => String::new(),
        };
        let notes = [notes.join(", "), inline(row.doc)].into_iter().filter(|s| !s.is_empty());
        let _ = writeln!(
            out,
            "| {} | {}{times} | `{}` | {} | {} | {} | {} |",
            offsets.join(" | "),
            row.size,
            row.label(),
            code(row.type_name),
            words::kind(row.role, row.holds),
            admits(index, row.holds),
            notes.collect::<Vec<_>>().join(" · "),
        );
    }
}

fn render_bits(index: &Index<'_>, bits: &Bitfield, out: &mut String) {
    let _ = writeln!(out, "\n### <a id=\"bits.{0}\"></a>`{1}`\n", bits.id, bits.name);
    let _ = writeln!(out, "In `{}` · {}\n", bits.storage, source(index, &bits.file, bits.line));
    out.push_str(&blocks(&bits.doc));
    let _ = writeln!(out, "```text\n{}\n```\n", bits::strip(bits));
    out.push_str("| | Bits | Name | Kind | Mask | Values |\n|---|--:|---|---|---|---|\n");
    for (i, field) in bits.fields.iter().enumerate() {
        let kind = match &field.means {
            Meaning::Nested { bitfield } => words::in_array(field, &bits_link(index, bitfield)),
            _ => words::bits_kind(field),
        };
        let values = [words::values(field), inline(&field.doc)].into_iter().filter(|s| !s.is_empty());
        let _ = writeln!(
            out,
            "| {} | {} | `{}` | {kind} | `{:#x}` | {} |",
            bits::letter(i, &field.means),
            words::bit_range(field.shift, field.size),
            field.name,
            words::mask(field.shift, field.size),
            values.collect::<Vec<_>>().join(" · "),
        );
    }
}

fn admits(index: &Index<'_>, holds: &Holds) -> String {
    if let Some(id) = holds.bitfield() {
        return bits_link(index, id);
    }
    if let Some(id) = holds.struct_id() {
        return struct_link(index, id);
    }
    let names = holds.admits().iter().map(|a| match a {
        Admits::Class(id) => link(index, id),
        Admits::Weak(id) => format!("weak {}", link(index, id)),
        other => words::admits_name(other).to_owned(),
    });
    names.collect::<Vec<_>>().join(", ")
}

pub(crate) fn link(index: &Index<'_>, id: &str) -> String {
    match index.class(id) {
        Some(class) => format!("[`{}`](#{})", class.name, class.id),
        None => format!("`{id}`"),
    }
}

fn bits_link(index: &Index<'_>, id: &str) -> String {
    let name = index.bitfield(id).map_or(id, |b| b.name.as_str());
    format!("[`{name}`](#bits.{id})")
}

fn struct_link(index: &Index<'_>, id: &str) -> String {
    let name = index.struct_(id).map_or(id, |s| s.name.as_str());
    format!("[`{name}`](#struct.{id})")
}

fn source(index: &Index<'_>, file: &str, line: u32) -> String {
    match index.source_link(file, line) {
        Some(url) => format!("[{}:{line}]({url})", escape(file)),
        None => format!("`{file}:{line}`"),
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

fn code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    if text.is_empty() { text } else { format!("`{text}`") }
}

fn inline(doc: &str) -> String {
    let lines: Vec<String> = doc::parse(doc)
        .iter()
        .map(|block| match block {
            Block::Paragraph(spans) | Block::Item(spans) => spans.iter().map(span).collect::<String>(),
            Block::Code(text) => code(&text.replace('\n', " ")),
        })
        .collect();
    lines.join(" ").replace('\n', " ")
}

fn blocks(doc: &str) -> String {
    let mut out = String::new();
    for block in doc::parse(doc) {
        match block {
            Block::Paragraph(spans) => out.extend(spans.iter().map(span).chain(["\n\n".to_owned()])),
            Block::Item(spans) => {
                let text: String = spans.iter().map(span).collect();
                let _ = writeln!(out, "- {text}");
            }
            Block::Code(text) => {
                let _ = writeln!(out, "```text\n{text}\n```\n");
            }
        }
    }
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
    out
}

fn span(span: &Span) -> String {
    match span {
        Span::Text(text) => escape(text),
        Span::Code(text) => code(text),
        Span::Emphasis(text) => format!("*{}*", escape(text)),
    }
}

pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    #[test]
    fn tables_have_as_many_cells_as_columns() {
        let markdown = render_markdown(&model());
        let mut columns = 0;
        for line in markdown.lines() {
            let cells = line.replace("\\|", "").matches('|').count();
            if line.starts_with("| ") && columns > 0 {
                assert_eq!(cells, columns, "{line}");
            }
            columns = if line.starts_with('|') { cells } else { 0 };
        }
    }

    #[test]
    fn docs_are_escaped_and_links_resolve() {
        let markdown = render_markdown(&model());
        assert!(markdown.contains("0 &lt;= age &amp; age &lt; 255 \\| more."));
        for target in markdown.split("](#").skip(1) {
            let id = target.split(')').next().unwrap();
            assert!(markdown.contains(&format!("<a id=\"{id}\">")), "{id}");
        }
    }
}
