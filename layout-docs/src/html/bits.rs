//! The section of one bit field: its bits from high to low, and a table.

use super::links::{bits_anchor, bits_link, copy, doc, field_anchor, folded, holder_link, inline_doc, source};
use crate::index::Index;
use crate::model::{Bitfield, Bits, Meaning};
use crate::words;
use maud::{Markup, html};

const ROW: u32 = 16;
const BIT: u32 = 26;
const HEIGHT: u32 = 30;
const PITCH: u32 = 50;
/// How many colours follow each other before they repeat.
const HUES: usize = 6;

pub(super) fn render(index: &Index<'_>, bits: &Bitfield) -> Markup {
    let anchor = bits_anchor(&bits.id);
    let holders = index.bit_holders(bits);
    html! {
        section.entry.bitfield #(anchor) aria-labelledby={ "title-" (anchor) } {
            header {
                h2 id={ "title-" (anchor) } {
                    a href={ "#" (anchor) } { (bits.name) }
                    (copy(&anchor))
                    span.badge { "bit field" } span.badge { (bits.storage) }
                }
                span.place { code { (bits.module) } " · " (source(index, &bits.file, bits.line)) }
            }
            div.doc { (doc(index, &anchor, &bits.doc)) }
            @if !holders.is_empty() {
                dl.facts { div.wide {
                    dt { "Held by" }
                    dd { (folded(&holders.iter().map(holder_link).collect::<Vec<_>>())) }
                } }
            }
            figure.bits { (diagram(bits)) }
            (table(index, bits, &anchor))
        }
    }
}

fn diagram(bits: &Bitfield) -> Markup {
    let (width, height) = size(bits);
    html! {
        svg viewBox={ "0 0 " (width) " " (height) } style={ "max-width:" (width * 5 / 4) "px" } role="img"
            aria-label={ (bits.name) ", highest bit first: " (spoken(bits)) } {
            (cells_of(bits))
        }
    }
}

/// Width and height of what [`cells_of`] draws.
pub(crate) fn size(bits: &Bitfield) -> (u32, u32) {
    (bits.storage_bits.min(ROW) * BIT + 2, bits.storage_bits.div_ceil(ROW) * PITCH)
}

/// The diagram in words.
pub(crate) fn spoken(bits: &Bitfield) -> String {
    let spoken: Vec<String> =
        bits.fields.iter().map(|f| format!("{} bits {}", f.name, words::bit_range(f.shift, f.size))).collect();
    spoken.join("; ")
}

/// The bits with their numbers and fields, for an SVG element.
pub(crate) fn cells_of(bits: &Bitfield) -> Markup {
    html! {
        @for bit in 0..bits.storage_bits {
            @let (x, y) = (left(bits, bit), top(bits, bit));
            text.offset x=(x + BIT / 2) y=(y - 5) { (bit) }
        }
        @for (i, field) in bits.fields.iter().enumerate() {
            @let class = if field.means == Meaning::Gap { "gap".to_owned() } else { hue(i) };
            @for (shift, size, name) in parts(field) {
                (cells(bits, shift, size, &class, &name, &(i + 1).to_string()))
            }
        }
        @for (shift, size) in words::unused_bits(bits) {
            (cells(bits, shift, size, "gap", "unused", ""))
        }
    }
}

/// Whether all rows that these bits are in have room for the name.
pub(crate) fn fits(bits: &Bitfield, shift: u32, size: u32, name: &str) -> bool {
    let end = (shift + size).min(bits.storage_bits);
    (shift / ROW..end.div_ceil(ROW)).all(|row| {
        let room = (end.min((row + 1) * ROW) - shift.max(row * ROW)) * BIT;
        label(name, "", room) == name
    })
}

/// A field as it is drawn: whole, or element by element.
fn parts(field: &Bits) -> Vec<(u32, u32, String)> {
    let Some(len) = field.len else { return vec![(field.shift, field.size, field.name.clone())] };
    let size = field.size / len;
    (0..len).map(|i| (field.shift + i * size, size, format!("{}[{i}]", field.name))).collect()
}

pub(crate) fn hue(i: usize) -> String {
    format!("h{}", i % HUES)
}

/// The left edge of a bit: the highest bit of a row is at the left, short rows are at the right.
fn left(bits: &Bitfield, bit: u32) -> u32 {
    let columns = bits.storage_bits.min(ROW);
    1 + (columns - 1 - bit % ROW) * BIT
}

fn top(bits: &Bitfield, bit: u32) -> u32 {
    let rows = bits.storage_bits.div_ceil(ROW);
    (rows - 1 - bit / ROW) * PITCH + 17
}

/// A run of bits, cut at the ends of rows.
fn cells(bits: &Bitfield, shift: u32, size: u32, class: &str, name: &str, number: &str) -> Markup {
    let end = shift + size;
    html! {
        g class=(class) {
            title { (name) " · bits " (words::bit_range(shift, size)) }
            @for row in shift / ROW..end.div_ceil(ROW) {
                @let low = shift.max(row * ROW);
                @let high = end.min((row + 1) * ROW);
                @let room = (high - low) * BIT;
                @let (x, y) = (left(bits, high - 1), top(bits, low));
                rect.cell x=(x) y=(y) width=(room) height=(HEIGHT) {}
                text.letter x=(x + room / 2) y=(y + 19) { (label(name, number, room)) }
            }
        }
    }
}

/// The name where it fits, else the number of its row in the table.
fn label<'a>(name: &'a str, number: &'a str, room: u32) -> &'a str {
    if name.chars().count() as u32 * 8 + 6 <= room { name } else { number }
}

fn table(index: &Index<'_>, bits: &Bitfield, anchor: &str) -> Markup {
    html! {
        table.fields.bit-fields role="table" {
            caption.sr { "Fields of " (bits.name) }
            thead role="rowgroup" {
                tr role="row" {
                    th.num.at scope="col" role="columnheader" { "No." }
                    th.num.at scope="col" role="columnheader" { "Bits" }
                    th.name scope="col" role="columnheader" { "Field" }
                    th.mask scope="col" role="columnheader" { "Mask" }
                    th.about scope="col" role="columnheader" { "About" }
                }
            }
            tbody role="rowgroup" {
                @for (i, field) in bits.fields.iter().enumerate() { (row(index, field, i, anchor)) }
            }
        }
    }
}

fn row(index: &Index<'_>, field: &Bits, i: usize, anchor: &str) -> Markup {
    let gap = field.means == Meaning::Gap;
    let row_anchor = field_anchor(anchor, &field.name);
    html! {
        tr role="row" id=(row_anchor) class={ @if gap { "gap" } @else { (hue(i)) } } {
            td.num role="cell" { span.swatch { (i + 1) } }
            td.num role="cell" data-label="Bits" { (words::bit_range(field.shift, field.size)) }
            td.name role="cell" {
                a.code href={ "#" (row_anchor) } { (field.name) }
                @match &field.means {
                    Meaning::Nested { bitfield } => {
                        @if let Some(len) = field.len { span.type { (len) " × " } }
                        (bits_link(index, bitfield))
                    },
                    _ => span.type { (words::bits_kind(field)) },
                }
            }
            td role="cell" data-label="Mask" { code { (format!("{:#x}", words::mask(field.shift, field.size))) } }
            td.about role="cell" {
                (inline_doc(index, anchor, &field.doc))
                @let values = words::named_values(field);
                @if !values.is_empty() {
                    span.chips { @for value in values { span.chip { (value.value) " " code { (value.name) } } } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    #[test]
    fn every_bit_has_its_number_and_gaps_are_drawn() {
        let model = model();
        let flags = model.bitfields.iter().find(|b| b.id == "ScriptFlags").unwrap();
        let svg = diagram(flags).into_string();
        assert!((0..31).all(|bit| svg.contains(&format!(">{bit}</text>"))));
        assert!(svg.contains("unused") && svg.contains("class=\"gap\""));
    }
}
