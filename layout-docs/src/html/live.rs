//! Real objects, their bytes and values drawn over their layout; and footprints.

use super::facts::fact;
use super::fields::head;
use super::fit;
use super::links::{class_link, copy, field_anchor};
use super::sidebar::leaf;
use crate::index::Index;
use crate::model::{Class, LiveFootprint, LiveObject, LivePart, LiveReference};
use crate::overlay::{self, Block, OverlayCell, count, share};
use crate::words;
use maud::{Markup, html};

const ROW: u64 = 8;
const BYTE: u64 = 46;
const HEIGHT: u64 = 58;
const GUTTER: u64 = 38;
const TOP: u64 = 18;
/// The band that stands for elements that are left out.
const GAP: u64 = 34;

/// Moves between the cells with the arrow keys, and shows what one holds.
pub(super) const SCRIPT: &str = include_str!("live.js");

/// The anchor of a footprint.
pub(super) fn footprint_anchor(place: usize) -> String {
    format!("footprint.{}", place + 1)
}

/// The sections of all objects and footprints.
pub(super) fn render(index: &Index<'_>) -> Markup {
    html! {
        @for (i, object) in index.model.objects.iter().enumerate() { (object_section(index, object, i)) }
        @for (i, footprint) in index.model.footprints.iter().enumerate() { (footprint_section(index, footprint, i)) }
    }
}

/// The lists beside the page.
pub(super) fn sidebar(index: &Index<'_>) -> Markup {
    let (objects, footprints) = (&index.model.objects, &index.model.footprints);
    html! {
        @if !objects.is_empty() {
            h2 { "Real objects" }
            ul.tree { @for (i, o) in objects.iter().enumerate() { (leaf(&overlay::anchor(i), &o.name, &count(o.size))) } }
        }
        @if !footprints.is_empty() {
            h2 { "Footprints" }
            ul.tree { @for (i, f) in footprints.iter().enumerate() { (leaf(&footprint_anchor(i), &f.name, &count(f.bytes))) } }
        }
    }
}

/// For the section of a class: the real objects of it that the page shows.
pub(super) fn of_class(index: &Index<'_>, class: &Class) -> Markup {
    let objects: Vec<_> = index.model.objects.iter().enumerate().filter(|(_, o)| o.class == class.id).collect();
    html! {
        @if !objects.is_empty() {
            p.chip-line {
                span { "Real objects" }
                @for (i, object) in objects { span.chip { a href={ "#" (overlay::anchor(i)) } { (object.name) } } }
            }
        }
    }
}

fn object_section(index: &Index<'_>, object: &LiveObject, place: usize) -> Markup {
    let anchor = overlay::anchor(place);
    let blocks = overlay::blocks(index, object);
    html! {
        section.entry.live #(anchor) aria-labelledby={ (anchor) ".-title" } {
            header {
                h2 id={ (anchor) ".-title" } {
                    a href={ "#" (anchor) } { (object.name) }
                    (copy(&anchor))
                    span.badge { "real object" }
                }
                span.place { (class_link(index, &object.class)) " · " (overlay::facts(object)) }
            }
            div.overlay {
                figure {
                    (ruler(index, object, &blocks))
                    @if overlay::omits_bytes(object) { p.omitted { code { "··" } " " (overlay::OMITTED) } }
                    p.readout { "Choose a cell to see what it holds; the arrow keys move on." }
                }
                (values(index, object, &blocks))
            }
        }
    }
}

/// The bytes, eight to a row.
fn ruler(index: &Index<'_>, object: &LiveObject, blocks: &[Block<'_>]) -> Markup {
    // The cells have numbers, which their rows in the table share.
    let (mut y, mut number, mut parts) = (TOP, 0, Vec::new());
    for block in blocks {
        match block {
            Block::Bytes(cells) => {
                let first = cells.first().map_or(0, |cell| cell.start) / ROW;
                let end = cells.last().map_or(0, |cell| cell.end).div_ceil(ROW);
                let top = y;
                let drawn = html! {
                    @for row in first..end { (row_offset(row, y + (row - first) * HEIGHT)) }
                    @for (i, cell) in cells.iter().enumerate() {
                        (cell_link(index, object, cell, number + i, &|row| top + (row - first) * HEIGHT))
                    }
                };
                parts.push(drawn);
                y += (end - first) * HEIGHT;
                number += cells.len();
            }
            Block::Elided(part) => {
                parts.push(gap(part, y));
                y += GAP;
                number += 1;
            }
        }
    }
    let (width, height) = (GUTTER + ROW * BYTE + 2, y + 4);
    html! {
        svg viewBox={ "0 0 " (width) " " (height) } role="group" aria-label={ "The bytes of " (object.name) } {
            @for byte in 0..ROW { text.offset x=(GUTTER + byte * BYTE + BYTE / 2) y="12" { "+" (byte) } }
            @for part in parts { (part) }
        }
    }
}

fn row_offset(row: u64, y: u64) -> Markup {
    html! { text.offset.row x=(GUTTER - 7) y=(y + 19) { (row * ROW) } }
}

/// What stands for elements that are left out.
fn gap(part: &LivePart, y: u64) -> Markup {
    html! {
        g.elided {
            title { (part.field) ": " (part.value) }
            rect.cell x=(GUTTER) y=(y + 4) width=(ROW * BYTE) height=(GAP - 8) rx="4" {}
            text.caption x=(GUTTER + ROW * BYTE / 2) y=(y + GAP / 2 + 4) { (fit(&elided(part), ROW * BYTE - 20, 6.8)) }
        }
    }
}

/// `elements: … 12 more, 48 bytes`.
fn elided(part: &LivePart) -> String {
    format!("{}: {}, {}", part.field, part.value, overlay::counted(part.size, "byte"))
}

/// A cell; one that holds a reference leads to the object or, where the page does not show that, to its class.
fn cell_link(
    index: &Index<'_>,
    object: &LiveObject,
    cell: &OverlayCell<'_>,
    number: usize,
    y: &dyn Fn(u64) -> u64,
) -> Markup {
    let say = format!("{} at {}, {}: {}", cell.label, cell.start, overlay::kind(cell.part), said(index, cell));
    let tab = if number == 0 { "0" } else { "-1" };
    let class = format!("part k-{}", cell.role.key());
    let drawn = html! {
        title { (say) }
        g aria-hidden="true" { @for row in cell.start / ROW..cell.end.div_ceil(ROW) { (piece(cell, row, y(row))) } }
    };
    let href = cell.part.refers_to.as_ref().and_then(|reference| href(index, object, reference));
    html! {
        @match href {
            Some(href) => a class=(class) href=(href) tabindex=(tab) data-part=(number) { (drawn) },
            None => g class=(class) role="img" tabindex=(tab) data-part=(number) { (drawn) },
        }
    }
}

/// The value in full: `#3 Shape`, `level 3, kind Host`.
fn said(index: &Index<'_>, cell: &OverlayCell<'_>) -> String {
    match &cell.part.refers_to {
        Some(reference) if !cell.part.value.is_empty() => {
            format!("{} ({})", cell.value, overlay::class_name(index, &reference.class))
        }
        _ if cell.value.is_empty() => "nothing".to_owned(),
        _ => cell.value.clone(),
    }
}

fn href(index: &Index<'_>, object: &LiveObject, reference: &LiveReference) -> Option<String> {
    match overlay::target(index, object, reference) {
        Some(place) => Some(format!("#{}", overlay::anchor(place))),
        None => index.class(&reference.class).map(|class| format!("#{}", class.id)),
    }
}

/// What of a cell lies in a row: its name, its bytes, its value.
fn piece(cell: &OverlayCell<'_>, row: u64, y: u64) -> Markup {
    let (from, to) = (cell.start.max(row * ROW), cell.end.min((row + 1) * ROW));
    let (x, width) = (GUTTER + from % ROW * BYTE, (to - from) * BYTE);
    let name = if from > cell.start { format!("… {}", cell.label) } else { cell.label.clone() };
    let middle = |i: usize| x + i as u64 * BYTE + BYTE / 2;
    html! {
        rect.cell x=(x) y=(y) width=(width) height=(HEIGHT) {}
        rect.bar x=(x) y=(y) width="3" height=(HEIGHT) {}
        text.name x=(x + 9) y=(y + 18) { (fit(&name, width - 12, 7.3)) }
        @for (i, byte) in cell.bytes_from(from, to).iter().enumerate() {
            @match byte {
                Some(byte) => text.hex x=(middle(i)) y=(y + 34) { (format!("{byte:02x}")) },
                None => text.hex x=(middle(i)) y=(y + 34) { "··" },
            }
        }
        @match cell.each_from(from, to) {
            Some(each) => {
                @for (i, value) in each.iter().enumerate() { text.value.each x=(middle(i)) y=(y + 50) { (fit(value, BYTE, 7.3)) } }
            },
            None if from == cell.start => text.value x=(x + 9) y=(y + 50) { (fit(&cell.value, width - 12, 7.3)) },
            None => {},
        }
    }
}

/// All values, with links and the fields of bit fields.
fn values(index: &Index<'_>, object: &LiveObject, blocks: &[Block<'_>]) -> Markup {
    let mut rows: Vec<Markup> = Vec::new();
    for block in blocks {
        match block {
            Block::Bytes(cells) => {
                for cell in cells {
                    let row = value_row(index, object, cell, rows.len());
                    rows.push(row);
                }
            }
            Block::Elided(part) => rows.push(html! {
                tr.elided role="row" { td.num role="cell" data-label="Offset" { (part.offset) } td.about colspan="3" role="cell" { (elided(part)) } }
            }),
        }
    }
    html! {
        table.fields.values role="table" {
            caption.sr { "Values of " (object.name) }
            thead role="rowgroup" {
                tr role="row" { (head("num", "Offset")) (head("", "Field")) (head("", "Kind")) (head("", "Value")) }
            }
            tbody role="rowgroup" { @for row in rows { (row) } }
        }
    }
}

fn value_row(index: &Index<'_>, object: &LiveObject, cell: &OverlayCell<'_>, number: usize) -> Markup {
    let part = cell.part;
    html! {
        tr class={ "k-" (cell.role.key()) } role="row" data-part=(number) {
            td.num role="cell" data-label="Offset" { (cell.start) }
            td.name role="cell" { (field_link(index, object, cell)) }
            td.kind role="cell" { span.dot aria-hidden="true" {} (overlay::kind(part)) }
            td.about.nothing[cell.value.is_empty()] role="cell" {
                @if let Some(reference) = &part.refers_to {
                    (reference_value(index, object, part, reference))
                } @else if !part.bits.is_empty() {
                    (bits(part))
                } @else if part.value.contains('…') || !cell.value.is_empty() {
                    code { (cell.value) }
                }
            }
        }
    }
}

/// The name, as a link to the field in the table of the class that declares it.
fn field_link(index: &Index<'_>, object: &LiveObject, cell: &OverlayCell<'_>) -> Markup {
    let field = &cell.part.field;
    let anchor = index.class(&object.class).and_then(|class| {
        let owner = index
            .lineage(class)
            .into_iter()
            .find(|c| c.fields.iter().any(|f| f.name == *field) || c.tails.iter().any(|t| t.name == *field))?;
        Some(field_anchor(&owner.id, field))
    });
    html! {
        @match anchor {
            Some(anchor) => a.code href={ "#" (anchor) } { (cell.label) },
            None => span.code { (cell.label) },
        }
    }
}

fn reference_value(index: &Index<'_>, object: &LiveObject, part: &LivePart, reference: &LiveReference) -> Markup {
    html! {
        @if reference.is_weak { "weak " }
        @match overlay::target(index, object, reference) {
            Some(place) => a.code.number href={ "#" (overlay::anchor(place)) } title=(index.model.objects[place].name) { (reference.address) },
            None => span.code.number { (reference.address) },
        }
        " " (class_link(index, &reference.class))
        @if !part.value.is_empty() { " " code { (part.value) } }
        @if reference.is_remembered { " " span.note { "remembered" } }
    }
}

/// The fields of a bit field from high to low, with their bits.
fn bits(part: &LivePart) -> Markup {
    html! {
        ul.bit-runs {
            @for field in part.bits.iter().rev() {
                li title={ "bits " (words::bit_range(field.shift, field.size)) } {
                    @if let Some(digits) = overlay::binary(part, field.shift, field.size) {
                        span.digits { (digits) }
                    }
                    small { (words::bit_range(field.shift, field.size)) }
                    span.code { (field.name) " " b { (field.value) } }
                }
            }
        }
    }
}

fn footprint_section(index: &Index<'_>, footprint: &LiveFootprint, place: usize) -> Markup {
    let anchor = footprint_anchor(place);
    html! {
        section.entry.footprint #(anchor) aria-labelledby={ (anchor) ".-title" } {
            header {
                h2 id={ (anchor) ".-title" } {
                    a href={ "#" (anchor) } { (footprint.name) }
                    (copy(&anchor))
                    span.badge { "footprint" }
                }
                span.place { (overlay::counted(footprint.roots, "root")) " · " (footprint.width.name()) " pointers" }
            }
            dl.facts {
                (fact("Objects", &count(footprint.objects)))
                (fact("Bytes", &count(footprint.bytes)))
                div.lost[footprint.wasted > 0] { dt { "Losses" } dd { (overlay::counted(footprint.wasted, "byte")) ", " (share(footprint.wasted, footprint.bytes)) } }
                (fact("References", &count(footprint.references)))
                (fact("Depth", &count(footprint.depth)))
                @for space in &footprint.spaces { (fact(&space.space, &overlay::counted(space.bytes, "byte"))) }
                @if footprint.weak_objects > 0 {
                    (fact("Reached only weakly, not counted", &format!("{}, {}", overlay::counted(footprint.weak_objects, "object"), overlay::counted(footprint.weak_bytes, "byte"))))
                }
            }
            @if footprint.objects > 0 {
                table.fields.shares role="table" {
                    caption.sr { "Classes of " (footprint.name) }
                    thead role="rowgroup" {
                        tr role="row" {
                            (head("", "Class")) (head("num", "Objects")) (head("num", "Bytes")) (head("", "Share"))
                            (head("num", "Average")) (head("num", "Largest")) (head("num", "Losses"))
                        }
                    }
                    tbody role="rowgroup" {
                        @for of in footprint.classes.iter().filter(|of| of.objects > 0) {
                            tr role="row" {
                                td.name role="cell" { (class_link(index, &of.class)) }
                                td.num role="cell" data-label="Objects" { (count(of.objects)) }
                                td.num role="cell" data-label="Bytes" { (count(of.bytes)) }
                                td.share role="cell" {
                                    span.bar aria-hidden="true" { span style={ "width:" (share(of.bytes, footprint.bytes)) } {} }
                                    (share(of.bytes, footprint.bytes))
                                }
                                td.num role="cell" data-label="Average" { (format!("{:.1}", of.bytes as f64 / of.objects as f64)) }
                                td.num role="cell" data-label="Largest" { (count(of.largest)) }
                                td.num role="cell" data-label="Losses" { (count(of.wasted)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::live_model;
    use crate::{render_html, render_markdown, render_text};
    use std::collections::HashSet;

    fn attributes<'h>(html: &'h str, name: &str) -> Vec<&'h str> {
        let start = format!(" {name}=\"");
        html.split(start.as_str()).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
    }

    #[test]
    fn pages_hold_what_strangers_write() {
        for model in [live_model(), live_model().with_numbered_objects()] {
            let html = render_html(&model);
            assert!(!html.contains("</script><b") && !html.contains("<b a="));
            let ids: HashSet<_> = attributes(&html, "id").into_iter().collect();
            for href in attributes(&html, "href") {
                assert!(href.strip_prefix('#').is_some_and(|target| ids.contains(target)), "{href}");
            }
            for svg in html.split("<svg").skip(1) {
                let svg = format!("<svg{}</svg>", svg.split("</svg>").next().unwrap());
                super::super::wellformed::check(&svg).unwrap_or_else(|e| panic!("{e}: {svg}"));
            }
            let text = render_text(&model);
            assert!(
                text.contains("FixedArray, 1028 bytes") && text.contains("elements: … 253 more, 1 012 bytes"),
                "{text}"
            );
            let markdown = render_markdown(&model);
            assert!(markdown.lines().all(|line| line != "# x"), "{markdown}");
            let cells = |line: &str| line.replace("\\|", "").matches('|').count();
            let start = markdown.find("| Offset | Size | Field | Kind | Value |").unwrap();
            for line in markdown[start..].lines().take_while(|line| line.starts_with('|')) {
                assert_eq!(cells(line), 6, "{line}");
            }
        }
    }

    #[test]
    fn cells_and_rows_have_the_same_numbers() {
        let html = render_html(&live_model());
        let section = html.split("id=\"object.1\"").nth(1).unwrap().split("</section>").next().unwrap();
        let parts = attributes(section, "data-part");
        assert_eq!(parts, ["0", "1", "2", "3", "0", "1", "2", "3"]);
        // An object refers to itself.
        assert!(section.contains("href=\"#object.1\"") && section.contains("href=\"#Map\""));
    }
}
