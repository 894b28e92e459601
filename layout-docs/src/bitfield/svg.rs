//! A bit field as an SVG file: the diagram of the HTML page with its own styles and the names that have no room in it.

use super::runs;
use crate::graph::svg::{NAMESPACE, file};
use crate::html::bits;
use crate::index::Index;
use crate::model::{Bitfield, Model};
use crate::words;
use maud::{Markup, PreEscaped, html};

const STYLE: &str = include_str!("bitfield.css");
const ROW: u32 = 20;
const MARGIN: u32 = 10;
const HEAD: u32 = 26;

/// A bit field as an SVG file, highest bit first, in rows of sixteen bits: each field in its colour, bits without a field
/// dashed, a list of what the numbers stand for below. It follows the reader's choice of dark or light. Nothing if the
/// model has no bit field with this id.
#[must_use]
pub fn render_bitfield_svg(model: &Model, id: &str) -> Option<String> {
    let index = Index::new(model);
    index.bitfield(id).map(|bits| file(draw(bits, true)))
}

/// The drawing within a page that names it and lists what the numbers stand for.
pub(crate) fn draw_inline(bits: &Bitfield) -> Markup {
    draw(bits, false)
}

/// The drawing, as a file with a title and a list of names, or without for a page that gives the text its colour.
fn draw(bits: &Bitfield, is_file: bool) -> Markup {
    let (width, height) = bits::size(bits);
    let runs = runs(bits);
    let short = |i: usize| {
        runs.iter()
            .any(|r| !r.is_gap() && r.field.is_some_and(|(n, _)| n == i) && !bits::fits(bits, r.shift, r.size, &r.name))
    };
    let key: Vec<(usize, String)> = bits
        .fields
        .iter()
        .enumerate()
        .filter(|(i, _)| is_file && short(*i))
        .map(|(i, f)| {
            let bits = if f.size == 1 { "bit" } else { "bits" };
            (i, format!("{}: {}, {bits} {}", f.name, words::bits_kind(f), words::bit_range(f.shift, f.size)))
        })
        .collect();
    let longest = key.iter().map(|(_, text)| text.chars().count() as u32 * 7 + 40).max().unwrap_or(0);
    let title = format!("{} in {}", bits.name, bits.storage);
    let (head, titled) = if is_file { (HEAD, title.chars().count() as u32 * 8) } else { (0, 0) };
    let full_width = width.max(longest).max(titled) + 2 * MARGIN;
    let full_height = head + height + key.len() as u32 * ROW + 6 + 2 * MARGIN;
    html! {
        svg.layout-bits xmlns=[is_file.then_some(NAMESPACE)] viewBox={ "0 0 " (full_width) " " (full_height) }
            width=(full_width) height=(full_height) role="img" aria-label={ (title) ", highest bit first: " (bits::spoken(bits)) } {
            title { (title) }
            style {
                @if is_file {
                    (PreEscaped(".layout-bits { color: #1c1d22; background: #fffefb; } \
                        @media (prefers-color-scheme: dark) { .layout-bits { color: #e8e8ea; background: #1b1e24; } }\n"))
                }
                (PreEscaped(STYLE))
            }
            @if is_file { text.title x=(MARGIN) y=(MARGIN + 14) { (bits.name) tspan.soft { " " (bits.storage) } } }
            g transform={ "translate(" (MARGIN) " " (MARGIN + head) ")" } { (bits::cells_of(bits)) }
            @for (row, (i, text)) in key.iter().enumerate() {
                @let y = MARGIN + head + height + row as u32 * ROW + 16;
                g class=(bits::hue(*i)) {
                    rect.cell x=(MARGIN + 1) y=(y - 9) width="26" height="16" {}
                    text.letter x=(MARGIN + 14) y=(y + 3) { (i + 1) }
                    text.key x=(MARGIN + 36) y=(y + 3) { (text) }
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
    fn every_field_is_named_and_the_file_stands_alone() {
        let model = model();
        for bits in &model.bitfields {
            let svg = render_bitfield_svg(&model, &bits.id).unwrap();
            let style = svg.find("<style>").unwrap()..svg.find("</style>").unwrap() + 8;
            let mut rest = svg.clone();
            rest.replace_range(style, "");
            crate::html::wellformed::check(rest.trim_end()).unwrap_or_else(|e| panic!("{e}: {svg}"));
            assert!(svg.starts_with("<svg class=\"layout-bits\" xmlns=\"http://www.w3.org/2000/svg\""), "{svg}");
            for field in bits.fields.iter().filter(|f| f.means != crate::model::Meaning::Gap) {
                assert!(svg.contains(&field.name), "{}", field.name);
            }
            assert!(!svg.contains("var(--") || svg.contains("--hue:"));
        }
        assert_eq!(render_bitfield_svg(&model, "Nothing"), None);
    }
}
