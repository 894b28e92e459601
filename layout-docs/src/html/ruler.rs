//! The ruler: a class's bytes as an SVG, eight to a row.

use crate::index::Placed;
use crate::model::{Tail, Width};
use crate::view::{CACHE_LINE, Cell, Part, Role, View};
use maud::{Markup, html};

const ROW: u32 = 8;
const BYTE: u32 = 46;
const HEIGHT: u32 = 30;
const GUTTER: u32 = 34;
const TOP: u32 = 18;

pub(super) fn render(view: &View<'_>, label: &str) -> Markup {
    let end = view.end();
    let rows = match view.class.tail {
        Some(_) => end / ROW + 2,
        None => end.div_ceil(ROW).max(1),
    };
    let (width, height) = (GUTTER + ROW * BYTE + 2, TOP + rows * HEIGHT + 4);
    let class = if label.starts_with("Both") { None } else { Some(format!("w-{}", view.width.name())) };
    html! {
        figure.ruler class=[class] {
            figcaption { (label) span { (total(view)) } }
            svg viewBox={ "0 0 " (width) " " (height) } role="img"
                aria-label={ (label) ": " (spoken(view)) } {
                (scale())
                @for row in 0..rows { (row_offset(row)) }
                @for cell in &view.cells { (pieces(cell)) }
                @if let Some(tail) = &view.class.tail { (tail_cells(tail, end, view.width)) }
                @for row in 1..rows {
                    @if (row * ROW).is_multiple_of(CACHE_LINE) { (cache_line(row)) }
                }
            }
        }
    }
}

fn total(view: &View<'_>) -> String {
    let width = view.width;
    match (&view.class.tail, view.class.is_abstract) {
        (Some(tail), _) => {
            format!("{} B + {} × {} B", view.end(), tail.length_field, tail.element_size.get(width))
        }
        (None, true) => format!("ends at {} B", view.end()),
        (None, false) => format!("{} B", view.end()),
    }
}

/// The diagram in words, for those who hear it.
fn spoken(view: &View<'_>) -> String {
    let cells: Vec<String> =
        view.cells.iter().map(|c| format!("{} at {}, {}", c.name(), c.start, c.role().name())).collect();
    format!("{}; {}", total(view), cells.join("; "))
}

fn scale() -> Markup {
    html! {
        @for byte in 0..ROW {
            text.offset x=(GUTTER + byte * BYTE + BYTE / 2) y="12" { "+" (byte) }
        }
    }
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

/// A run of bytes, cut at the ends of rows.
fn pieces(cell: &Cell<'_>) -> Markup {
    let type_name = match &cell.part {
        Part::Field(Placed { field, .. }) => field.type_name.as_str(),
        Part::Hole | Part::Rounding => "",
    };
    let bytes = cell.end - cell.start;
    let title = format!("{} · byte {} · {bytes} B · {}", cell.name(), cell.start, or(type_name, cell.role().name()));
    let state = if cell.is_inherited() { " inherited" } else { "" };
    html! {
        g class={ "k-" (cell.role().name()) (state) } {
            title { (title) }
            @for row in cell.start / ROW..cell.end.div_ceil(ROW) {
                @let from = cell.start.max(row * ROW);
                @let to = cell.end.min((row + 1) * ROW);
                (piece(row, from, to, &label(cell, from), if from == cell.start { type_name } else { "" }))
            }
        }
    }
}

fn label(cell: &Cell<'_>, from: u32) -> String {
    if from > cell.start { format!("… {}", cell.name()) } else { cell.name().to_owned() }
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

fn piece(row: u32, from: u32, to: u32, label: &str, type_name: &str) -> Markup {
    let width = (to - from) * BYTE;
    let name = fit(label, width - 12, 7.3);
    let used = name.chars().count() as f32 * 7.3 + 26.0;
    let room = width as f32 - used;
    html! {
        rect.cell x=(x(from)) y=(y(row)) width=(width) height=(HEIGHT) {}
        rect.bar x=(x(from)) y=(y(row)) width="3" height=(HEIGHT) {}
        text.name x=(x(from) + 9) y=(y(row) + 19) { (name) }
        @if !type_name.is_empty() && type_name.chars().count() as f32 * 6.4 <= room {
            text.type x=(x(from) + width - 8) y=(y(row) + 19) { (type_name) }
        }
    }
}

/// As much of `text` as fits `room` at `advance` per character.
fn fit(text: &str, room: u32, advance: f32) -> String {
    let most = (room as f32 / advance) as usize;
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// The first elements to the end of their row, then a row that stands for all others.
fn tail_cells(tail: &Tail, start: u32, width: Width) -> Markup {
    let role = Role::of_kind(&tail.holds);
    let size = tail.element_size.get(width).clamp(1, ROW);
    let row = start / ROW;
    let room = (row + 1) * ROW - start;
    let count = room / size;
    let rest = start + count * size;
    let all = format!("{}[{}] …", tail.name, tail.length_field);
    let each = format!("{} B each", tail.element_size.get(width));
    html! {
        g class={ "tail k-" (role.name()) } {
            title { (tail.name) " · from byte " (start) " · " (tail.type_name) }
            @for i in 0..count {
                (piece(row, start + i * size, start + (i + 1) * size, &format!("[{i}]"), ""))
            }
            @if rest < (row + 1) * ROW { (piece(row, rest, (row + 1) * ROW, &format!("[{count}]"), "")) }
            (piece(row + 1, (row + 1) * ROW, (row + 2) * ROW, &all, &each))
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

    fn svg(id: &str, width: Width) -> String {
        let model = model();
        let index = Index::new(&model);
        render(&View::new(&index, index.class(id).unwrap(), width), "Full pointers").into_string()
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
    fn names_are_cut_to_their_cells() {
        assert_eq!(fit("visitor_id", 36, 7.3), "vis…");
        assert_eq!(fit("map", 36, 7.3), "map");
    }
}
