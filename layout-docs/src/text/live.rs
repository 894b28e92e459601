//! Real objects: the ruler with their bytes and values; and footprints.

use super::{heading, table};
use crate::index::Index;
use crate::model::{LiveFootprint, LiveObject, LivePart, Model};
use crate::overlay::{self, Block, OverlayCell, count, counted, one_line, share};
use std::fmt::Write as _;

const ROW: u64 = 16;
const BYTE: usize = 4;

/// The model's [real objects](Model::objects) and footprints alone, as text for a terminal.
#[must_use]
pub fn render_objects(model: &Model) -> String {
    let index = Index::new(model);
    let objects = model.objects.iter().map(|object| draw_object(&index, object));
    let footprints = model.footprints.iter().map(|footprint| draw_footprint(&index, footprint));
    objects.chain(footprints).collect::<Vec<_>>().join("\n")
}

pub(super) fn render(index: &Index<'_>, out: &mut String) {
    if index.model.objects.is_empty() && index.model.footprints.is_empty() {
        return;
    }
    heading(out, "REAL OBJECTS", "as they lay in the heap");
    if index.model.objects.iter().any(overlay::omits_bytes) {
        super::paragraph(out, &format!("..: {}.", overlay::OMITTED));
    }
    let _ = write!(out, "\n{}", render_objects(index.model));
}

/// A line about an object, and its ruler.
fn draw_object(index: &Index<'_>, object: &LiveObject) -> String {
    let class = overlay::class_name(index, &object.class);
    format!("{}: {class}, {}\n{}", one_line(&object.name), overlay::facts(object), draw(index, object))
}

/// The bytes of an object, sixteen to a row: each cell with its name, its bytes and its value. What does not fit is listed
/// below, as are bit fields.
pub(crate) fn draw(index: &Index<'_>, object: &LiveObject) -> String {
    let mut out = format!("      {}\n", scale());
    let mut notes = Vec::new();
    for block in overlay::blocks(index, object) {
        match block {
            Block::Bytes(cells) => draw_bytes(index, &cells, &mut notes, &mut out),
            Block::Elided(part) => {
                let bytes = counted(part.size, "byte");
                let _ = writeln!(
                    out,
                    "{:>5} ~ {}: {}, {bytes} ~",
                    part.offset,
                    one_line(&part.field),
                    one_line(&part.value)
                );
            }
        }
    }
    for note in notes {
        let _ = writeln!(out, "{note}");
    }
    out
}

fn scale() -> String {
    let numbers: String = (0..ROW).map(|b| format!("{b:<BYTE$}")).collect();
    format!(" {numbers}").trim_end().to_owned()
}

fn draw_bytes(index: &Index<'_>, cells: &[OverlayCell<'_>], notes: &mut Vec<String>, out: &mut String) {
    let (Some(first), Some(last)) = (cells.first(), cells.last()) else { return };
    let (start, end) = (first.start, last.end);
    let rows = start / ROW..end.div_ceil(ROW);
    for row in rows.clone() {
        let above = (row > rows.start).then(|| row - 1);
        let _ = writeln!(out, "      {}", border(cells, above, Some(row)));
        let pieces: Vec<Piece<'_, '_>> =
            cells.iter().filter(|c| c.start < (row + 1) * ROW && c.end > row * ROW).map(|c| piece(c, row)).collect();
        let indent = " ".repeat((start.max(row * ROW) - row * ROW) as usize * BYTE);
        for i in 0..3 {
            let offset = if i == 0 { (row * ROW).max(start).to_string() } else { String::new() };
            let cells: String = pieces.iter().map(|p| format!("{:<1$}|", p.lines[i], p.room)).collect();
            let _ = writeln!(out, "{offset:>5} {indent}|{cells}");
        }
        notes.extend(pieces.iter().filter_map(|p| p.note.then(|| note(index, p.cell.part)).flatten()));
    }
    let _ = writeln!(out, "      {}", border(cells, Some(rows.end - 1), None));
}

/// What of a cell lies in a row.
struct Piece<'c, 'm> {
    cell: &'c OverlayCell<'m>,
    room: usize,
    /// Its name, its bytes, its value.
    lines: [String; 3],
    /// Whether the value has to be told below.
    note: bool,
}

fn piece<'c, 'm>(cell: &'c OverlayCell<'m>, row: u64) -> Piece<'c, 'm> {
    let (from, to) = (cell.start.max(row * ROW), cell.end.min((row + 1) * ROW));
    let room = (to - from) as usize * BYTE - 1;
    let is_first = from == cell.start;
    let name = if is_first { cell.label.clone() } else { format!("({})", cell.label) };
    let hex = cell.bytes_from(from, to).iter().map(|byte| match byte {
        Some(byte) => format!("{byte:02x}"),
        None => "..".to_owned(),
    });
    let fits = |text: &str| text.chars().count() <= room.saturating_sub(usize::from(room > BYTE));
    let (value, is_told) = match cell.each_from(from, to) {
        Some(each) => (columns(each.iter().cloned()), true),
        None if is_first => (cell.value.clone(), fits(&cell.value)),
        None => (String::new(), true),
    };
    Piece {
        cell,
        room,
        lines: [name, columns(hex), value].map(|text| clip(&text, room)),
        note: !is_told || (is_first && !cell.part.bits.is_empty()),
    }
}

/// Texts that begin where their bytes do.
fn columns(texts: impl Iterator<Item = String>) -> String {
    texts.map(|text| format!("{text:<BYTE$}")).collect::<String>().trim_end().to_owned()
}

/// As much as fits, one column in if there is room for more than one byte.
fn clip(text: &str, room: usize) -> String {
    let indent = usize::from(room > BYTE);
    let room = room - indent;
    let shown: String = text.chars().map(|c| if c.is_control() { '.' } else { c }).collect();
    format!("{}{}", " ".repeat(indent), crate::words::cut(&shown, room, '~'))
}

/// The line between two rows.
fn border(cells: &[OverlayCell<'_>], above: Option<u64>, below: Option<u64>) -> String {
    let mut line = vec![' '; ROW as usize * BYTE + 1];
    for row in [above, below].into_iter().flatten() {
        for cell in cells.iter().filter(|c| c.start < (row + 1) * ROW && c.end > row * ROW) {
            let from = (cell.start.max(row * ROW) - row * ROW) as usize * BYTE;
            let to = (cell.end.min((row + 1) * ROW) - row * ROW) as usize * BYTE;
            line[from..=to].iter_mut().filter(|c| **c == ' ').for_each(|c| *c = '-');
            line[from] = '+';
            line[to] = '+';
        }
    }
    line.into_iter().collect::<String>().trim_end().to_owned()
}

/// A value that did not fit, or the fields of a bit field from high to low.
fn note(index: &Index<'_>, part: &LivePart) -> Option<String> {
    let label = one_line(&part.label());
    if part.bits.is_empty() {
        return Some(format!("{:>5} {label}: {}", part.offset, one_line(&overlay::value(index, part))));
    }
    let fields = part.bits.iter().rev().map(|bits| {
        let range = crate::words::bit_range(bits.shift, bits.size);
        let digits = overlay::binary(part, bits.shift, bits.size).map_or_else(String::new, |d| format!(" = {d}"));
        format!("{} [{range}]{digits}: {}", one_line(&bits.name), one_line(&bits.value))
    });
    let head = format!("{:>5} {label}:", part.offset);
    let mut text = head.clone();
    let mut column = head.chars().count();
    for (i, field) in fields.enumerate() {
        let length = field.chars().count();
        if i > 0 && column + 2 + length > usize::from(super::WIDTH) {
            text.push_str(&format!(",\n{}", " ".repeat(head.chars().count())));
            column = head.chars().count();
        } else if i > 0 {
            text.push(',');
            column += 1;
        }
        text.push(' ');
        text.push_str(&field);
        column += 1 + length;
    }
    Some(text)
}

/// A line about a footprint, and the table of its classes.
fn draw_footprint(index: &Index<'_>, footprint: &LiveFootprint) -> String {
    let mut out = String::new();
    super::paragraph(&mut out, &format!("{}: {}", one_line(&footprint.name), summary(footprint)));
    let header = ["class", "objects", "bytes", "share", "average", "largest", "losses"];
    let mut table = table(&header, &[1, 2, 3, 4, 5, 6]);
    for of in footprint.classes.iter().filter(|of| of.objects > 0) {
        table.add_row([
            overlay::class_name(index, &of.class).to_owned(),
            count(of.objects),
            count(of.bytes),
            share(of.bytes, footprint.bytes),
            format!("{:.1}", of.bytes as f64 / of.objects as f64),
            count(of.largest),
            count(of.wasted),
        ]);
    }
    if footprint.objects > 0 {
        let _ = writeln!(out, "\n{}\n", table.trim_fmt());
    }
    for text in remarks(footprint) {
        let _ = writeln!(out, "{text}");
    }
    out
}

/// `12 objects, 480 bytes, of them 8 lost, compressed pointers; 1 root, depth 3, 14 references`.
pub(crate) fn summary(footprint: &LiveFootprint) -> String {
    format!(
        "{}, {}, of them {} lost, {} pointers; {}, depth {}, {}",
        counted(footprint.objects, "object"),
        counted(footprint.bytes, "byte"),
        count(footprint.wasted),
        footprint.width.name(),
        counted(footprint.roots, "root"),
        footprint.depth,
        counted(footprint.references, "reference"),
    )
}

/// What is said below the table: bytes by space, what is reached weakly.
pub(crate) fn remarks(footprint: &LiveFootprint) -> Vec<String> {
    let mut remarks = Vec::new();
    let spaces: Vec<String> =
        footprint.spaces.iter().map(|of| format!("{} {}", one_line(&of.space), count(of.bytes))).collect();
    if !spaces.is_empty() {
        remarks.push(format!("bytes by space: {}", spaces.join(", ")));
    }
    if footprint.weak_objects > 0 {
        let (objects, bytes) = (counted(footprint.weak_objects, "object"), counted(footprint.weak_bytes, "byte"));
        remarks.push(format!("reached only weakly, and not counted: {objects}, {bytes}"));
    }
    remarks
}
