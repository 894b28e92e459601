//! Markdown that GitHub and mdBook render: tables, code blocks for rulers, links between classes.

pub(crate) mod escape;
pub(crate) mod pages;

use crate::bitfield::{self, packet};
use crate::doc::{self, Block, Span};
use crate::index::{Holder, Index, shown_file};
use crate::model::{Admits, Bitfield, Class, Holds, Length, Meaning, Model, Struct, Width};
use crate::reorder::suggest;
use crate::rows::Row;
use crate::text::{bits, draw, suggestion_text};
use crate::view::View;
use crate::words;
use escape::{at_line_start, code, escape, fenced};
use pages::{Kind, Pages};
use std::fmt::Write as _;

/// How numbers are written.
pub(crate) const INTRODUCTION: &str = "Sizes and offsets are in bytes; `a / b` means `a` with compressed and `b` with full \
     pointers. Offsets of the form `+a` are from the start of an element; `…` is where the elements before end.\n";

/// The model as one Markdown document. Every class has an anchor: its id.
#[must_use]
pub fn render_markdown(model: &Model) -> String {
    let index = Index::new(model);
    let pages = &Pages { index: &index, files: None };
    let mut out = format!("# Object layouts\n\n{INTRODUCTION}\n## Classes\n\n");
    render_tree(pages, &mut out);
    for class in &model.classes {
        render_class(pages, class, &mut out);
    }
    if !model.structs.is_empty() {
        out.push_str("\n## Structs in objects\n");
    }
    for layout in &model.structs {
        render_struct(pages, layout, &mut out);
    }
    if !model.bitfields.is_empty() {
        out.push_str("\n## Bit fields\n");
    }
    for bits in &model.bitfields {
        render_bits(pages, bits, &mut out);
    }
    crate::markdown_live::render(pages, &mut out);
    out
}

/// The class tree as a list, with sizes and instance types.
pub(crate) fn render_tree(pages: &Pages<'_, '_>, out: &mut String) {
    for root in pages.roots() {
        tree(pages, root, 0, out);
    }
    if let Some(legend) = words::instance_types_legend(pages.model) {
        let _ = writeln!(out, "\n{}.", escape(&legend));
    }
}

fn tree(pages: &Pages<'_, '_>, class: &Class, depth: usize, out: &mut String) {
    let size = words::short_size(class);
    let size = if size.is_empty() { size } else { format!(" ({size})") };
    let number = match words::instance_types(class) {
        Some(numbers) if numbers.contains('–') => format!(" · instance types {}", escape(&numbers)),
        Some(number) => format!(" · instance type {}", escape(&number)),
        None => String::new(),
    };
    let openness =
        Some(words::openness(class)).filter(|o| !o.is_empty()).map(|o| format!(" · *{o}*")).unwrap_or_default();
    let _ = writeln!(out, "{}- {}{size}{number}{openness}", "  ".repeat(depth), link(pages, &class.id));
    for child in pages.children(class) {
        tree(pages, child, depth + 1, out);
    }
}

/// The heading of something, with its anchor: its id, as others may have its name.
fn heading(pages: &Pages<'_, '_>, kind: Kind, id: &str, out: &mut String) {
    let (hashes, name) = if pages.is_book() { ("#", escape(id)) } else { ("\n###", code(id)) };
    let _ = writeln!(out, "{hashes} <a id=\"{}\"></a>{name}\n", pages.anchor(kind, id));
}

/// One class: its facts, its fields and its rulers.
pub(crate) fn render_class<'m>(pages: &Pages<'_, 'm>, class: &'m Class, out: &mut String) {
    heading(pages, Kind::Class, &class.id, out);
    let line: Vec<_> = pages.lineage(class).iter().map(|c| link(pages, &c.id)).collect();
    let qualities: String = words::qualities(class).iter().map(|q| format!(" · {q}")).collect();
    let _ = writeln!(out, "{}{qualities} · {}\n", line.join(" › "), source(pages, &class.file, class.line));
    out.push_str(&blocks(&class.doc));
    let _ = writeln!(out, "- **Size:** {}", escape(&words::size(class)));
    let _ = writeln!(out, "- **Losses:** {}", words::losses(pages, class));
    let cost = crate::cost::lines(class);
    if !cost.is_empty() {
        let _ = writeln!(out, "- **Cost:** {}", cost.join("; "));
    }
    if let Some(suggestion) = suggest(pages, class) {
        let _ = writeln!(out, "- **Reorder:** {}", escape(&suggestion_text(&suggestion)));
    }
    let children: Vec<_> = pages.children(class).iter().map(|c| link(pages, &c.id)).collect();
    if !children.is_empty() {
        let _ = writeln!(out, "- **Extended by:** {}", children.join(", "));
    }
    held_by(pages, "Referred to by", pages.holders(class), out);
    out.push('\n');
    let same = pages.is_same_layout(class);
    if pages.is_book() {
        figures(same, |width| View::new(pages, class, width), out);
        narrow_fields(pages, Kind::Class, &class.id, &pages.rows(class), out);
    } else {
        fields(pages, Kind::Class, &class.id, &pages.rows(class), same, out);
        rulers(same, |width| View::new(pages, class, width), out);
    }
}

/// The fields that refer to something or hold it.
fn held_by(pages: &Pages<'_, '_>, what: &str, holders: &[Holder<'_>], out: &mut String) {
    let links =
        holders.iter().map(|h| format!("[{}]({})", code(&format!("{}.{}", h.owner, h.field)), pages.field_href(h)));
    let links: Vec<String> = links.collect();
    if !links.is_empty() {
        let _ = writeln!(out, "- **{what}:** {}", links.join(", "));
    }
}

/// One struct that lies in objects.
pub(crate) fn render_struct<'m>(pages: &Pages<'_, 'm>, layout: &'m Struct, out: &mut String) {
    heading(pages, Kind::Struct, &layout.id, out);
    let sort = if layout.is_ephemeron { "ephemeron · " } else { "" };
    let _ = writeln!(out, "{sort}{} · {}\n", words::bytes(layout.size), source(pages, &layout.file, layout.line));
    out.push_str(&blocks(&layout.doc));
    held_by(pages, "Held by", pages.struct_holders(layout), out);
    out.push('\n');
    let same = pages.is_same_struct(layout);
    if pages.is_book() {
        figures(same, |width| View::of_struct(pages, layout, width), out);
        narrow_fields(pages, Kind::Struct, &layout.id, &pages.struct_rows(layout), out);
    } else {
        fields(pages, Kind::Struct, &layout.id, &pages.struct_rows(layout), same, out);
        rulers(same, |width| View::of_struct(pages, layout, width), out);
    }
}

/// Rulers in a chapter of their own class: nothing is folded.
fn figures<'m>(same: bool, view: impl Fn(Width) -> View<'m>, out: &mut String) {
    out.push_str("## Layout\n\n");
    for width in Width::ALL.into_iter().take(if same { 1 } else { 2 }) {
        let name = words::capital(words::pointers(width, same));
        let view = view(width);
        let collector = escape(&words::collector(&view));
        let _ = writeln!(out, "**{name}**; the collector sees {collector}\n\n{}", fenced(&draw(&view)));
    }
}

/// The table for the narrow page of a book.
fn narrow_fields(pages: &Pages<'_, '_>, kind: Kind, owner: &str, rows: &[Row<'_>], out: &mut String) {
    out.push_str("## Fields\n\n| Offset | Size | Field | About |\n|--:|--:|---|---|\n");
    for row in rows {
        let [compressed, full] = Width::ALL.map(|width| row.at.text(width));
        let at = if compressed == full { full } else { format!("{compressed} / {full}") };
        let held = admits(pages, row.holds);
        let what = if held.is_empty() { String::new() } else { format!(": {held}") };
        let about =
            [format!("{}{what}", words::kind(row.role, row.holds)), notes(pages, row).join(", "), inline(row.doc)];
        let _ = writeln!(
            out,
            "| {} | {}{} | <a id=\"{}\"></a>{}<br>{} | {} |",
            unbroken(&at),
            unbroken(&row.size.to_string()),
            times(row),
            pages.field_anchor(kind, owner, &row.anchor()),
            code(&row.label()),
            code(row.type_name),
            about.into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" · "),
        );
    }
}

/// With spaces that end no line.
fn unbroken(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

/// ` × length`, for elements.
fn times(row: &Row<'_>) -> String {
    match row.length {
        Some(Length::Field(text) | Length::Expression(text)) => format!(" × {}", code(text)),
        _ => String::new(),
    }
}

fn notes(pages: &Pages<'_, '_>, row: &Row<'_>) -> Vec<String> {
    let mut notes: Vec<String> = row.notes().iter().map(|note| escape(note)).collect();
    if let Some(condition) = row.condition() {
        notes.insert(0, format!("only if {}", code(condition)));
    }
    if let Some(outer) = row.outer {
        notes.push(format!("in {}", struct_link(pages, &outer.layout.id)));
    }
    if let Some(owner) = row.from {
        notes.push(format!("from {}", link(pages, &owner.id)));
    }
    notes
}

fn rulers<'m>(same: bool, view: impl Fn(Width) -> View<'m>, out: &mut String) {
    for width in Width::ALL.into_iter().take(if same { 1 } else { 2 }) {
        let name = words::capital(words::pointers(width, same));
        let view = view(width);
        let (collector, ruler) = (words::collector(&view), draw(&view));
        let _ = write!(
            out,
            "\n<details><summary>{name}; the collector sees {collector}</summary>\n\n{}\n</details>\n",
            fenced(&ruler)
        );
    }
}

fn fields(pages: &Pages<'_, '_>, kind: Kind, owner: &str, rows: &[Row<'_>], same: bool, out: &mut String) {
    out.push_str(if same { "| Offset | Size |" } else { "| Compressed | Full | Size |" });
    out.push_str(" Field | Type | Kind | Admits | About |\n");
    out.push_str(if same { "|--:|--:|" } else { "|--:|--:|--:|" });
    out.push_str("---|---|---|---|---|\n");
    for row in rows {
        let offsets: Vec<String> =
            Width::ALL.into_iter().skip(usize::from(same)).map(|width| row.at.text(width)).collect();
        let (notes, times) = (notes(pages, row), times(row));
        let notes = [notes.join(", "), inline(row.doc)].into_iter().filter(|s| !s.is_empty());
        let _ = writeln!(
            out,
            "| {} | {}{times} | <a id=\"{}\"></a>{} | {} | {} | {} | {} |",
            offsets.join(" | "),
            row.size,
            pages.field_anchor(kind, owner, &row.anchor()),
            code(&row.label()),
            code(row.type_name),
            words::kind(row.role, row.holds),
            admits(pages, row.holds),
            notes.collect::<Vec<_>>().join(" · "),
        );
    }
}

/// One bit field.
pub(crate) fn render_bits(pages: &Pages<'_, '_>, bits: &Bitfield, out: &mut String) {
    heading(pages, Kind::Bits, &bits.id, out);
    let _ = writeln!(out, "In {} · {}\n", code(&bits.storage), source(pages, &bits.file, bits.line));
    out.push_str(&blocks(&bits.doc));
    held_by(pages, "Held by", pages.bit_holders(bits), out);
    out.push('\n');
    if pages.is_book() {
        let _ = writeln!(out, "{}\n", inline_svg(bitfield::draw_inline(bits)));
    } else {
        let _ = writeln!(out, "{}", fenced(&packet::draw(bits)));
    }
    out.push_str("| | Bits | Field | Kind | Mask | About |\n|--:|--:|---|---|---|---|\n");
    for (i, field) in bits.fields.iter().enumerate() {
        let kind = match &field.means {
            Meaning::Nested { bitfield } => words::in_array(field, &bits_link(pages, bitfield)),
            _ => words::bits_kind(field),
        };
        let values = [escape(&words::values(field)), inline(&field.doc)].into_iter().filter(|s| !s.is_empty());
        // What the diagram has where the name has no room.
        let short = if pages.is_book() { (i + 1).to_string() } else { bits::letter(i, &field.means).to_string() };
        let _ = writeln!(
            out,
            "| {short} | {} | <a id=\"{}\"></a>{} | {kind} | `{:#x}` | {} |",
            words::bit_range(field.shift, field.size),
            pages.field_anchor(Kind::Bits, &bits.id, &field.name),
            code(&field.name),
            words::mask(field.shift, field.size),
            values.collect::<Vec<_>>().join(" · "),
        );
    }
}

/// A drawing within Markdown: HTML that ends at its end, with no braces that mdBook would look at.
pub(crate) fn inline_svg(drawing: maud::Markup) -> String {
    let svg = drawing.into_string().replace("{{", "&#123;&#123;").replace("\n\n", "\n");
    format!("<div style=\"overflow-x: auto\">{svg}</div>")
}

fn admits(pages: &Pages<'_, '_>, holds: &Holds) -> String {
    if let Some(id) = holds.bitfield() {
        return bits_link(pages, id);
    }
    if let Some(id) = holds.struct_id() {
        return struct_link(pages, id);
    }
    let names = holds.admits().iter().map(|a| match a {
        Admits::Class(id) => link(pages, id),
        Admits::Weak(id) => format!("weak {}", link(pages, id)),
        other => words::admits_name(other).to_owned(),
    });
    names.collect::<Vec<_>>().join(", ")
}

pub(crate) fn link(pages: &Pages<'_, '_>, id: &str) -> String {
    match pages.class(id) {
        Some(class) => format!("[{}]({})", code(&class.id), pages.href(Kind::Class, id)),
        None => code(id),
    }
}

fn bits_link(pages: &Pages<'_, '_>, id: &str) -> String {
    format!("[{}]({})", code(id), pages.href(Kind::Bits, id))
}

fn struct_link(pages: &Pages<'_, '_>, id: &str) -> String {
    format!("[{}]({})", code(id), pages.href(Kind::Struct, id))
}

fn source(pages: &Pages<'_, '_>, file: &str, line: u32) -> String {
    match pages.source_link(file, line) {
        Some(url) => format!("[{}:{line}]({url})", escape(file)),
        None => code(&format!("{}:{line}", shown_file(file))),
    }
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
            Block::Paragraph(spans) => {
                let _ = writeln!(out, "{}\n", at_line_start(spans.iter().map(span).collect()));
            }
            Block::Item(spans) => {
                let _ = writeln!(out, "- {}", at_line_start(spans.iter().map(span).collect()));
            }
            Block::Code(text) => {
                let _ = writeln!(out, "{}", fenced(&text));
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
        Span::Code(text) | Span::Link { text, is_code: true, .. } => code(text),
        Span::Link { text, .. } => escape(text),
        Span::Emphasis(text) => format!("*{}*", escape(text)),
    }
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
