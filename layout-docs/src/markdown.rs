//! Markdown that GitHub renders: tables, code blocks for rulers, links between classes.

use crate::doc::{self, Block, Span};
use crate::index::{Index, Placed};
use crate::model::{Admits, Bitfield, Class, Holds, Meaning, Model, PerWidth, Width};
use crate::reorder::suggest;
use crate::text::{bits, draw, suggestion_text};
use crate::view::{Role, View};
use crate::words;
use std::fmt::Write as _;

/// The model as one Markdown document. Every class has an anchor: its id.
#[must_use]
pub fn render_markdown(model: &Model) -> String {
    let index = Index::new(model);
    let mut out = String::from(
        "# Object layouts\n\nSizes and offsets are in bytes; `a / b` means `a` with compressed and `b` with full pointers.\n\n## Classes\n\n",
    );
    for root in index.roots() {
        tree(&index, root, 0, &mut out);
    }
    for class in &model.classes {
        render_class(&index, class, &mut out);
    }
    if !model.bitfields.is_empty() {
        out.push_str("\n## Bit fields\n");
    }
    for bits in &model.bitfields {
        render_bits(&index, bits, &mut out);
    }
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
    let _ = writeln!(out, "- **Size:** {}", words::size(class));
    let _ = writeln!(out, "- **Losses:** {}", words::losses(index, class));
    if let Some(suggestion) = suggest(index, class) {
        let _ = writeln!(out, "- **Reorder:** {}", escape(&suggestion_text(&suggestion)));
    }
    let children: Vec<_> = index.children(class).iter().map(|c| link(index, &c.id)).collect();
    if !children.is_empty() {
        let _ = writeln!(out, "- **Extended by:** {}", children.join(", "));
    }
    out.push('\n');
    fields(index, class, out);
    let same = index.is_same_layout(class);
    for width in Width::ALL.into_iter().take(if same { 1 } else { 2 }) {
        let name = if same { "Both widths".to_owned() } else { format!("{} pointers", capital(width.name())) };
        let view = View::new(index, class, width);
        let (collector, ruler) = (words::collector(&view), draw(&view));
        let _ = write!(
            out,
            "\n<details><summary>{name}; the collector sees {collector}</summary>\n\n```text\n{ruler}```\n\n</details>\n"
        );
    }
}

fn fields<'m>(index: &Index<'m>, class: &'m Class, out: &mut String) {
    let same = index.is_same_layout(class);
    out.push_str(if same { "| At | Size |" } else { "| Compressed | Full | Size |" });
    out.push_str(" Name | Type | Kind | Admits | Notes |\n");
    out.push_str(if same { "|--:|--:|" } else { "|--:|--:|--:|" });
    out.push_str("---|---|---|---|---|\n");
    let offsets = |at: PerWidth| {
        if same { format!("| {}", at.full) } else { format!("| {} | {}", at.compressed, at.full) }
    };
    for Placed { owner, field, inherited } in index.fields(class) {
        let mut notes = words::field_notes(field);
        if inherited {
            notes.push(format!("from {}", link(index, &owner.id)));
        }
        let notes = [notes.join(", "), inline(&field.doc)].into_iter().filter(|s| !s.is_empty());
        let _ = writeln!(
            out,
            "{} | {} | `{}` | {} | {} | {} | {} |",
            offsets(field.offset),
            field.size,
            field.name,
            code(&field.type_name),
            words::kind(Role::of(field), &field.holds),
            admits(index, &field.holds),
            notes.collect::<Vec<_>>().join(" · "),
        );
    }
    if let Some(tail) = &class.tail {
        let _ = writeln!(
            out,
            "{} | {} × `{}` | `{}` | {} | {} | {} | {} |",
            offsets(class.header_size),
            tail.element_size,
            tail.length_field,
            tail.name,
            code(&tail.type_name),
            words::kind(Role::of_kind(&tail.holds), &tail.holds),
            admits(index, &tail.holds),
            inline(&tail.doc),
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
    let names = holds.admits().iter().map(|a| match a {
        Admits::Class(id) => link(index, id),
        other => words::admits_name(other).to_owned(),
    });
    names.collect::<Vec<_>>().join(", ")
}

fn link(index: &Index<'_>, id: &str) -> String {
    match index.class(id) {
        Some(class) => format!("[`{}`](#{})", class.name, class.id),
        None => format!("`{id}`"),
    }
}

fn bits_link(index: &Index<'_>, id: &str) -> String {
    let name = index.bitfield(id).map_or(id, |b| b.name.as_str());
    format!("[`{name}`](#bits.{id})")
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

fn escape(text: &str) -> String {
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
