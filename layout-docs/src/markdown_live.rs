//! Real objects and footprints in Markdown: rulers as code blocks, tables of values.

use crate::index::Index;
use crate::markdown::{escape, link};
use crate::model::{LiveFootprint, LiveObject, LivePart};
use crate::overlay::{self, count, one_line, share};
use crate::text::live::{draw, remarks, summary};
use crate::words;
use std::fmt::Write as _;

pub(crate) fn render(index: &Index<'_>, out: &mut String) {
    if !index.model.objects.is_empty() {
        out.push_str("\n## Real objects\n");
        if index.model.objects.iter().any(overlay::omits_bytes) {
            let _ = writeln!(out, "\n`..`: {}.", overlay::OMITTED);
        }
    }
    for (i, object) in index.model.objects.iter().enumerate() {
        render_object(index, object, i, out);
    }
    if !index.model.footprints.is_empty() {
        out.push_str("\n## Footprints\n");
    }
    for footprint in &index.model.footprints {
        render_footprint(index, footprint, out);
    }
}

/// The anchor of an object: its place in the model, counted from 1.
fn anchor(place: usize) -> String {
    format!("object.{}", place + 1)
}

fn render_object(index: &Index<'_>, object: &LiveObject, place: usize, out: &mut String) {
    let _ = writeln!(out, "\n### <a id=\"{}\"></a>{}\n", anchor(place), escape(&one_line(&object.name)));
    let _ = writeln!(out, "A {}: {}\n", link(index, &object.class), escape(&overlay::facts(object)));
    let _ = writeln!(out, "```text\n{}```\n", fenced(&draw(index, object)));
    out.push_str("| At | Size | Field | Kind | Value |\n|--:|--:|---|---|---|\n");
    for part in &object.parts {
        let label = code(&part.label());
        let _ = writeln!(
            out,
            "| {} | {} | {label} | {} | {} |",
            part.offset,
            part.size,
            escape(&one_line(overlay::kind(part))),
            value(index, object, part)
        );
    }
}

fn value(index: &Index<'_>, object: &LiveObject, part: &LivePart) -> String {
    if let Some(reference) = &part.refers_to {
        let weak = if reference.is_weak { "weak " } else { "" };
        let remembered = if reference.is_remembered { " · remembered" } else { "" };
        let address = match overlay::target(index, object, reference) {
            Some(place) => format!("[{}](#{})", escape(&reference.address), anchor(place)),
            None => escape(&reference.address),
        };
        let text = if part.value.is_empty() { String::new() } else { format!(" {}", code(&part.value)) };
        return format!("{weak}{address} {}{text}{remembered}", link(index, &reference.class));
    }
    if part.bits.is_empty() {
        return code(&one_line(&part.value));
    }
    let fields = part.bits.iter().rev().map(|bits| {
        let name = code(&format!("{} = {}", bits.name, bits.value));
        format!("{name} (bits {})", words::bit_range(bits.shift, bits.size))
    });
    fields.collect::<Vec<_>>().join(", ")
}

/// A code span in the cell of a table, whatever is in it.
fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{}{space}{fence}", one_line(text).replace('|', "\\|"))
}

/// Nothing in a code block may look like its end.
fn fenced(text: &str) -> String {
    text.replace("```", "'''")
}

fn render_footprint(index: &Index<'_>, footprint: &LiveFootprint, out: &mut String) {
    let _ = writeln!(out, "\n### {}\n\n{}\n", escape(&one_line(&footprint.name)), escape(&summary(footprint)));
    if footprint.objects > 0 {
        out.push_str(
            "| Class | Objects | Bytes | Share | Average | Largest | Wasted |\n|---|--:|--:|--:|--:|--:|--:|\n",
        );
    }
    for of in footprint.classes.iter().filter(|of| of.objects > 0) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {:.1} | {} | {} |",
            link(index, &of.class),
            count(of.objects),
            count(of.bytes),
            share(of.bytes, footprint.bytes),
            of.bytes as f64 / of.objects as f64,
            count(of.largest),
            count(of.wasted),
        );
    }
    for text in remarks(footprint) {
        let _ = writeln!(out, "\n{}", escape(&text));
    }
}
