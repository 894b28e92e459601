//! Real objects and footprints in Markdown: rulers as code blocks, tables of values.

use crate::markdown::escape::{code, escape, fenced};
use crate::markdown::link;
use crate::markdown::pages::Pages;
use crate::model::{LiveFootprint, LiveObject, LivePart};
use crate::overlay::{self, count, one_line, share};
use crate::text::live::{draw, remarks, summary};
use crate::words;
use std::fmt::Write as _;

pub(crate) fn render(pages: &Pages<'_, '_>, out: &mut String) {
    if !pages.model.objects.is_empty() {
        out.push_str("\n## Real objects\n");
        if pages.model.objects.iter().any(overlay::omits_bytes) {
            let _ = writeln!(out, "\n`..`: {}.", overlay::OMITTED);
        }
    }
    for (i, object) in pages.model.objects.iter().enumerate() {
        render_object(pages, object, i, out);
    }
    if !pages.model.footprints.is_empty() {
        out.push_str("\n## Footprints\n");
    }
    for footprint in &pages.model.footprints {
        render_footprint(pages, footprint, out);
    }
}

fn render_object(pages: &Pages<'_, '_>, object: &LiveObject, place: usize, out: &mut String) {
    let _ = writeln!(out, "\n### <a id=\"{}\"></a>{}\n", overlay::anchor(place), escape(&one_line(&object.name)));
    let _ = writeln!(out, "A {}: {}\n", link(pages, &object.class), escape(&overlay::facts(object)));
    let _ = writeln!(out, "{}", fenced(&draw(pages, object)));
    out.push_str("| Offset | Size | Field | Kind | Value |\n|--:|--:|---|---|---|\n");
    for part in &object.parts {
        let label = code(&one_line(&part.label()));
        let _ = writeln!(
            out,
            "| {} | {} | {label} | {} | {} |",
            part.offset,
            part.size,
            escape(&one_line(overlay::kind(part))),
            value(pages, object, part)
        );
    }
}

fn value(pages: &Pages<'_, '_>, object: &LiveObject, part: &LivePart) -> String {
    if let Some(reference) = &part.refers_to {
        let weak = if reference.is_weak { "weak " } else { "" };
        let remembered = if reference.is_remembered { " · remembered" } else { "" };
        let address = match overlay::target(pages, object, reference) {
            Some(place) => format!("[{}](#{})", escape(&reference.address), overlay::anchor(place)),
            None => escape(&reference.address),
        };
        let text = if part.value.is_empty() { String::new() } else { format!(" {}", code(&one_line(&part.value))) };
        return format!("{weak}{address} {}{text}{remembered}", link(pages, &reference.class));
    }
    if part.bits.is_empty() {
        return code(&one_line(&part.value));
    }
    let fields = part.bits.iter().rev().map(|bits| {
        let name = code(&one_line(&format!("{} = {}", bits.name, bits.value)));
        format!("{name} (bits {})", words::bit_range(bits.shift, bits.size))
    });
    fields.collect::<Vec<_>>().join(", ")
}

fn render_footprint(pages: &Pages<'_, '_>, footprint: &LiveFootprint, out: &mut String) {
    let _ = writeln!(out, "\n### {}\n\n{}\n", escape(&one_line(&footprint.name)), escape(&summary(footprint)));
    if footprint.objects > 0 {
        out.push_str(
            "| Class | Objects | Bytes | Share | Average | Largest | Losses |\n|---|--:|--:|--:|--:|--:|--:|\n",
        );
    }
    for of in footprint.classes.iter().filter(|of| of.objects > 0) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {:.1} | {} | {} |",
            link(pages, &of.class),
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
