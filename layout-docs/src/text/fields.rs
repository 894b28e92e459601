//! The table of a class's or struct's fields, within the width of the page.

use super::{WIDTH, wrap};
use crate::doc;
use crate::model::{Length, Width};
use crate::rows::Row;
use crate::words;

/// Between columns.
const GAP: usize = 2;
/// What is said of a field stands beside it if there is so much room, else below it.
const ROOM: usize = 40;

/// A line for each field. What is said of it follows in the last column, or below where names and types are long.
pub(super) fn table(rows: &[Row<'_>], same: bool) -> String {
    let header: &[&str] = if same { &["offset"] } else { &["comp.", "full"] };
    let numbers = header.len() + 1;
    let header: Vec<String> = header.iter().chain(&["size", "field", "type", "kind"]).map(|&h| h.to_owned()).collect();
    let cells: Vec<Vec<String>> = rows.iter().map(|row| cells(row, same)).collect();
    let all = || std::iter::once(&header).chain(&cells);
    let widths: Vec<usize> =
        (0..header.len()).map(|i| all().map(|line| line[i].chars().count()).max().unwrap_or(0)).collect();
    let line = |cells: &[String]| {
        let mut out = String::new();
        for (i, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            out.push_str(&" ".repeat(GAP));
            out.push_str(&if i < numbers { format!("{cell:>width$}") } else { format!("{cell:<width$}") });
        }
        out
    };
    let end = widths.iter().map(|width| GAP + width).sum::<usize>() + GAP;
    let is_beside = end + ROOM <= usize::from(WIDTH);
    let below = widths[..numbers].iter().map(|width| GAP + width).sum::<usize>() + 2 * GAP;
    let rule = if is_beside { usize::from(WIDTH) } else { end - GAP };
    let mut head = line(&header);
    if is_beside {
        head.push_str("  about");
    }
    let mut out = format!("{}\n{}\n", head.trim_end(), "-".repeat(rule));
    for (row, cells) in rows.iter().zip(&cells) {
        let (about, fields) = (about(row), line(cells));
        if is_beside && !about.is_empty() {
            out.push_str(&fields);
            out.push_str(&" ".repeat(GAP));
            wrap(&mut out, end, &about);
            continue;
        }
        out.push_str(fields.trim_end());
        out.push('\n');
        if !about.is_empty() {
            out.push_str(&" ".repeat(below));
            wrap(&mut out, below, &about);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn cells(row: &Row<'_>, same: bool) -> Vec<String> {
    let mut cells: Vec<String> =
        Width::ALL.into_iter().skip(usize::from(same)).map(|width| row.at.text(width)).collect();
    let times = if matches!(row.length, Some(Length::Field(_) | Length::Expression(_))) { " × n" } else { "" };
    cells.extend([
        format!("{}{times}", row.size),
        row.label(),
        row.type_name.to_owned(),
        words::kind(row.role, row.holds).to_owned(),
    ]);
    cells
}

/// `constant, from HeapObject · The class and shape of the object.`
fn about(row: &Row<'_>) -> String {
    let mut notes = row.notes();
    if let Some(length) = row.length {
        let (what, text) = words::presence(length);
        notes.insert(0, format!("{what} {text}"));
    }
    if let Some(outer) = row.outer {
        notes.push(format!("in {}", outer.layout.name));
    }
    if let Some(owner) = row.from {
        notes.push(format!("from {}", owner.name));
    }
    let parts = [notes.join(", "), doc::plain(row.doc)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;
    use crate::index::Index;

    #[test]
    fn what_is_said_stands_beside_short_names_and_below_long_ones() {
        let mut model = model();
        let of = |model: &crate::Model, id: &str| {
            let index = Index::new(model);
            table(&index.rows(index.class(id).unwrap()), false)
        };
        let beside = of(&model, "FixedArray");
        assert!(beside.lines().next().unwrap().ends_with("about"), "{beside}");
        assert!(beside.contains("  constant, from HeapObject · What"), "{beside}");
        let script = model.classes.iter_mut().find(|c| c.id == "Script").unwrap();
        script.fields[0].name = "a_name_that_leaves_no_room_for_anything_at_its_right".into();
        let below = of(&model, "Script");
        assert!(below.lines().any(|line| line.trim_start().starts_with("constant, from HeapObject · ")), "{below}");
        assert!(beside.lines().chain(below.lines()).all(|line| line.chars().count() <= usize::from(WIDTH)), "{below}");
    }
}
