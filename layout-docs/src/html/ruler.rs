//! The ruler: a class's bytes as an SVG, eight to a row.

use super::fit;
use super::links::field_anchor;
use crate::model::Length;
use crate::rows::Row;
use crate::view::{CACHE_LINE, Cell, Part, TailView, View};
use crate::words;
use maud::{Markup, html};

const ROW: u32 = 8;
const BYTE: u32 = 46;
const HEIGHT: u32 = 30;
const GUTTER: u32 = 34;
const TOP: u32 = 18;
/// The line above a tail that has rows of its own.
const CAPTION: u32 = 24;

/// Where the tails are drawn.
enum Tails<'v, 'm> {
    None,
    /// Right after the fields: elements of one kind, none of which has parts.
    Inline(&'v TailView<'m>),
    /// Each below the one before it, in rows of its own.
    Stacked(Vec<Band<'v, 'm>>),
}

/// One tail in rows of its own.
struct Band<'v, 'm> {
    tail: &'v TailView<'m>,
    y: u32,
    /// Where it begins in the object; only of the first tail it is known.
    start: Option<u32>,
}

/// The ruler of a class or struct whose section is `anchor`.
pub(super) fn render(view: &View<'_>, label: &str, anchor: &str) -> Markup {
    let end = view.end();
    let mut rows = end.div_ceil(ROW).max(1);
    let mut height = y(rows);
    let tails = match view.tails.as_slice() {
        [] => Tails::None,
        [tail] if !tail.tail.is_optional() && tail.tail.holds.struct_id().is_none() => {
            rows = end / ROW + 2;
            height = y(rows);
            Tails::Inline(tail)
        }
        tails => {
            let mut bands = Vec::new();
            for (i, tail) in tails.iter().enumerate() {
                let band = Band { tail, y: height + CAPTION, start: (i == 0).then_some(end) };
                height = band.y + band.rows() * HEIGHT;
                bands.push(band);
            }
            Tails::Stacked(bands)
        }
    };
    let (width, height) = (GUTTER + ROW * BYTE + 2, height + 4);
    let class = if label.starts_with("Both") { "ruler".to_owned() } else { format!("ruler w-{}", view.width.name()) };
    html! {
        figure class=(class) {
            figcaption { (label) span { (total(view)) } }
            svg viewBox={ "0 0 " (width) " " (height) } role="img"
                aria-label={ (label) ": " (spoken(view)) } {
                (scale())
                @for row in 0..rows { (row_offset(row)) }
                @for cell in &view.cells { (pieces(cell, Place { shift: 0, top: TOP, in_element: false, anchor }, &cell.name())) }
                @match &tails {
                    Tails::None => {},
                    Tails::Inline(tail) => (tail_cells(tail, end, anchor)),
                    Tails::Stacked(bands) => { @for band in bands { (band_cells(band, anchor)) } },
                }
                @for row in 1..rows {
                    @if (row * ROW).is_multiple_of(CACHE_LINE) { (cache_line(row)) }
                }
            }
        }
    }
}

fn total(view: &View<'_>) -> String {
    let end = view.end();
    match view.tails.as_slice() {
        [] if view.is_abstract => format!("ends at {end} B"),
        [] => format!("{end} B"),
        [TailView { tail, size, .. }] if matches!(tail.length, Length::Field(_)) => {
            format!("{end} B + {} × {size} B", tail.length.text())
        }
        tails => {
            let tails: Vec<_> = tails.iter().map(|t| t.tail.clone()).collect();
            format!("{end} B + {}", words::tail_count(&tails))
        }
    }
}

/// The diagram in words, for those who hear it.
fn spoken(view: &View<'_>) -> String {
    let cells = view.cells.iter().map(|c| format!("{} at {}, {}", c.name(), c.start, c.role().name()));
    let tails = view.tails.iter().map(|t| {
        let (what, text) = words::presence(&t.tail.length);
        format!("then {}, {}, {what} {text}", t.tail.name, t.role.name())
    });
    format!("{}; {}", total(view), cells.chain(tails).collect::<Vec<_>>().join("; "))
}

/// The columns, one glyph each: a place for every glyph makes one text of them.
fn scale() -> Markup {
    let places: Vec<String> = (0..ROW).map(|byte| (GUTTER + byte * BYTE + BYTE / 2).to_string()).collect();
    html! { text.offset x=(places.join(" ")) y="12" { @for byte in 0..ROW { (byte) } } }
}

fn row_offset(row: u32) -> Markup {
    html! { text.offset.row x=(GUTTER - 7) y=(y(row) + 19) { (row * ROW) } }
}

fn x(byte: u32) -> u32 {
    GUTTER + byte % ROW * BYTE
}

fn y(row: u32) -> u32 {
    TOP + row * HEIGHT
}

/// Where cells are drawn.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// The section whose rows the cells belong to.
    anchor: &'a str,
    /// Bytes to add to where a cell says it is.
    shift: u32,
    /// Where the first row begins.
    top: u32,
    /// What a cell's place is counted from is an element, not the object.
    in_element: bool,
}

/// A run of bytes, cut at the ends of rows.
fn pieces(cell: &Cell<'_>, Place { anchor, shift, top, in_element }: Place<'_>, name: &str) -> Markup {
    let type_name = match &cell.part {
        // Of a tail, one element is drawn.
        Part::Field(row) => row.type_name.trim_start_matches('[').trim_end_matches(']'),
        Part::Hole | Part::Rounding => "",
    };
    let bytes = cell.end - cell.start;
    let of = if in_element { " of its element" } else { "" };
    let what = or(type_name, cell.role().name());
    let mut title = format!("{} · byte {}{of} · {bytes} B · {what}", cell.name(), cell.start);
    let row = if let Part::Field(row) = &cell.part { Some(field_anchor(anchor, &row.anchor())) } else { None };
    if let Part::Field(Row { from: Some(class), .. }) = &cell.part {
        title = format!("{title} · from {}", class.name);
    }
    let state = if cell.is_inherited() { " inherited" } else { "" };
    let (start, end) = (cell.start + shift, cell.end + shift);
    html! {
        g class={ "k-" (cell.role().key()) (state) } data-row=[row] {
            title { (title) }
            @for row in start / ROW..end.div_ceil(ROW) {
                @let from = start.max(row * ROW);
                @let to = end.min((row + 1) * ROW);
                @let label = if from > start { format!("… {name}") } else { name.to_owned() };
                (piece(top + row * HEIGHT, from, to, &label, if from == start { type_name } else { "" }))
            }
        }
    }
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

fn piece(y: u32, from: u32, to: u32, label: &str, type_name: &str) -> Markup {
    let width = (to - from) * BYTE;
    let name = fit(label, width - 12, 7.3);
    let used = name.chars().count() as f32 * 7.3 + 26.0;
    let room = width as f32 - used;
    html! {
        rect.cell x=(x(from)) y=(y) width=(width) height=(HEIGHT) {}
        rect.bar x=(x(from)) y=(y) width="3" height=(HEIGHT) {}
        text.name x=(x(from) + 9) y=(y + 19) { (name) }
        @if !type_name.is_empty() && type_name.chars().count() as f32 * 6.4 <= room {
            text.type x=(x(from) + width - 8) y=(y + 19) { (type_name) }
        }
    }
}

/// The first elements to the end of their row, then a row that stands for all others.
fn tail_cells(view: &TailView<'_>, start: u32, anchor: &str) -> Markup {
    let tail = view.tail;
    let size = view.size.min(ROW);
    let row = start / ROW;
    let room = (row + 1) * ROW - start;
    let count = room / size;
    let rest = start + count * size;
    let all = format!("{}[{}] …", tail.name, tail.length.text());
    let each = format!("{} B each", view.size);
    html! {
        g class={ "tail k-" (view.role.key()) } data-row=(field_anchor(anchor, &tail.name)) {
            title { (tail.name) " · from byte " (start) " · " (tail.type_name) }
            @for i in 0..count {
                (piece(y(row), start + i * size, start + (i + 1) * size, &format!("[{i}]"), ""))
            }
            @if rest < (row + 1) * ROW { (piece(y(row), rest, (row + 1) * ROW, &format!("[{count}]"), "")) }
            (piece(y(row + 1), (row + 1) * ROW, (row + 2) * ROW, &all, &each))
        }
    }
}

impl Band<'_, '_> {
    /// The column of its first byte: where offsets are known, the scale says them.
    fn shift(&self) -> u32 {
        self.start.map_or(0, |start| start % ROW)
    }

    /// Bytes that are drawn: an optional field, or one element of several parts and the beginning of the next, or
    /// elements to the end of their row.
    fn drawn(&self) -> u32 {
        let end = self.shift() + self.tail.size;
        if self.tail.tail.is_optional() { end } else { (end + 1).next_multiple_of(ROW) }
    }

    fn rows(&self) -> u32 {
        self.drawn().div_ceil(ROW)
    }
}

/// A line about the tail, then an optional field or the first elements.
fn band_cells(band: &Band<'_, '_>, anchor: &str) -> Markup {
    let Band { tail: view, y: top, start } = band;
    let tail = view.tail;
    let (what, text) = words::presence(&tail.length);
    let caption = if tail.is_optional() {
        format!("{}: {what} {text}", tail.name)
    } else {
        format!("{}[{text}], {} B each", tail.name, view.size)
    };
    let (shift, size) = (band.shift(), view.size);
    let has_parts = tail.holds.struct_id().is_some();
    // Elements with parts are shown once; others fill the row.
    let end = band.drawn();
    let count = if tail.is_optional() || has_parts { 1 } else { ((end - shift) / size).max(1) };
    let part = |cell: &Cell<'_>, i: u32| match (&cell.part, has_parts, tail.is_optional()) {
        (Part::Field(row), true, false) => format!("[{i}].{}", row.name),
        (_, false, false) if i + 1 == count => format!("[{i}] …"),
        (_, false, false) => format!("[{i}]"),
        _ => cell.name(),
    };
    let rest = shift + count * size;
    html! {
        g class={ "tail k-" (view.role.key()) @if tail.is_optional() { " optional" } } {
            title { (caption) }
            text.caption x=(GUTTER) y=(top - 7) { (fit(&caption, ROW * BYTE, 6.6)) }
            @for row in 0..band.rows() {
                @match start {
                    Some(start) => text.offset.row x=(GUTTER - 7) y=(top + row * HEIGHT + 19) { (start - shift + row * ROW) },
                    None if row == 0 => text.offset.row x=(GUTTER - 7) y=(top + 19) { "…" },
                    None => {},
                }
            }
            @for i in 0..count {
                @let place = Place { shift: shift + i * size, top: *top, in_element: true, anchor };
                @for cell in &view.cells { (pieces(cell, place, &part(cell, i))) }
            }
            @if rest < end {
                (piece(top + rest / ROW * HEIGHT, rest, end, &format!("[{count}] …"), ""))
            }
        }
    }
}

fn cache_line(row: u32) -> Markup {
    html! {
        g.cache-line {
            title { "Byte " (row * ROW) ": a new cache line, if the object begins on one" }
            line x1="2" x2=(GUTTER + ROW * BYTE) y1=(y(row)) y2=(y(row)) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;
    use crate::index::Index;
    use crate::model::Width;

    fn svg(id: &str, width: Width) -> String {
        let model = model();
        let index = Index::new(&model);
        render(&View::new(&index, index.class(id).unwrap(), width), "Full pointers", id).into_string()
    }

    #[test]
    fn a_field_across_rows_is_drawn_in_both() {
        let svg = svg("HeapNumber", Width::Compressed);
        assert!(svg.contains(">value<") && svg.contains(">… value<"), "{svg}");
    }

    #[test]
    fn cache_lines_tails_and_inherited_cells_are_marked() {
        assert!(svg("SharedFunctionInfo", Width::Full).contains("class=\"cache-line\""));
        assert!(svg("Str", Width::Full).contains("bytes[length] …"));
        assert!(svg("Str", Width::Full).contains("k-map inherited"));
    }

    #[test]
    fn several_tails_have_rows_of_their_own() {
        let scope = svg("ScopeInfo", Width::Compressed);
        for part in [
            ">position.start<",
            ">local_names[local_count], 4 B each<",
            ">locals[local_count * 2], 4 B each<",
            ">[1] …<",
        ] {
            assert!(scope.contains(part), "{part}: {scope}");
        }
        assert!(scope.contains(">function_name: only if flags.has_function_name()<"));
        assert!(scope.contains("tail k-strong optional"));
        let descriptors = svg("DescriptorArray", Width::Compressed);
        for part in [">[0].key<", ">[0].value<", ">[1] …<", "k-maybe", "entries[i].value · byte 8 of its element"] {
            assert!(descriptors.contains(part), "{part}: {descriptors}");
        }
    }

    #[test]
    fn names_are_cut_to_their_cells() {
        assert_eq!(fit("visitor_id", 36u32, 7.3), "vis…");
        assert_eq!(fit("map", 36u32, 7.3), "map");
    }
}
