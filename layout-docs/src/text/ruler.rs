//! The ruler: a class's bytes drawn with ASCII characters, sixteen to a row.

use crate::model::Tail;
use crate::view::{CACHE_LINE, Role, View};
use std::fmt::Write as _;

const ROW: u32 = 16;
const BYTE: usize = 4;

/// A named run of bytes, ready to be cut into rows.
struct Run {
    start: u32,
    end: u32,
    label: String,
    fill: char,
    open: bool,
}

/// Draws the bytes of `view`, its tail included.
pub(crate) fn draw(view: &View<'_>) -> String {
    let runs = runs(view);
    let end = runs.last().map_or(0, |r| r.end);
    let mut out = format!("      {}\n", scale());
    let rows = end.div_ceil(ROW);
    for row in 0..=rows {
        let (above, below) = (row.checked_sub(1), (row < rows).then_some(row));
        let line = border(&runs, above, below, end);
        let mark = if below.is_some() && row > 0 && (row * ROW).is_multiple_of(CACHE_LINE) {
            format!("  cache line {}", row * ROW / CACHE_LINE)
        } else {
            String::new()
        };
        let _ = writeln!(out, "      {line}{mark}");
        if let Some(row) = below {
            let _ = writeln!(out, "{:>5} {}", row * ROW, content(&runs, row));
        }
    }
    out
}

fn scale() -> String {
    let numbers: String = (0..ROW).map(|b| format!("{b:<BYTE$}")).collect();
    format!(" {numbers}").trim_end().to_owned()
}

fn runs(view: &View<'_>) -> Vec<Run> {
    let mut runs: Vec<Run> = view
        .cells
        .iter()
        .map(|cell| Run {
            start: cell.start,
            end: cell.end,
            label: cell.name().to_owned(),
            fill: if cell.role() == Role::Padding { '.' } else { ' ' },
            open: false,
        })
        .collect();
    if let Some(Tail { name, length_field, .. }) = &view.class.tail {
        let start = view.end();
        let end = (start + 1).next_multiple_of(ROW);
        runs.push(Run { start, end, label: format!("{name}[{length_field}]"), fill: ' ', open: true });
    }
    runs
}

fn border(runs: &[Run], above: Option<u32>, below: Option<u32>, end: u32) -> String {
    let used = |row: Option<u32>| row.map_or(0, |r| end.saturating_sub(r * ROW).min(ROW) as usize);
    let width = used(above).max(used(below)) * BYTE;
    let at_line = below.is_some_and(|r| r > 0 && (r * ROW).is_multiple_of(CACHE_LINE));
    let mut line = vec![if at_line { '=' } else { '-' }; width + 1];
    for row in [above, below].into_iter().flatten() {
        for run in runs {
            for byte in [run.start, run.end] {
                if byte >= row * ROW && byte <= row * ROW + ROW {
                    line[(byte - row * ROW) as usize * BYTE] = '+';
                }
            }
        }
        line[0] = '+';
        line[used(Some(row)) * BYTE] = '+';
    }
    line.into_iter().collect()
}

fn content(runs: &[Run], row: u32) -> String {
    let mut line = String::from("|");
    for run in runs.iter().filter(|r| r.start < (row + 1) * ROW && r.end > row * ROW) {
        let start = run.start.max(row * ROW);
        let end = run.end.min((row + 1) * ROW);
        let room = (end - start) as usize * BYTE - 1;
        let label = if start > run.start { format!("({})", run.label) } else { run.label.clone() };
        let indent = usize::from(room > 4);
        let label = clip(&label, room - indent);
        line.extend(std::iter::repeat_n(run.fill, indent));
        line.push_str(&label);
        line.extend(std::iter::repeat_n(run.fill, room - indent - label.chars().count()));
        line.push(if run.open { '~' } else { '|' });
    }
    line
}

fn clip(label: &str, room: usize) -> String {
    if label.chars().count() <= room {
        return label.to_owned();
    }
    let mut clipped: String = label.chars().take(room.saturating_sub(1)).collect();
    clipped.push('~');
    clipped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;
    use crate::index::Index;
    use crate::model::Width;

    #[test]
    fn draws_rows_with_equal_edges() {
        let model = model();
        let index = Index::new(&model);
        let ruler = draw(&View::new(&index, index.class("Map").unwrap(), Width::Compressed));
        let lines: Vec<&str> = ruler.lines().collect();
        assert_eq!(lines[1].len(), lines[2].len());
        assert!(lines[2].contains("map") && lines[2].starts_with("    0 |"));
        assert!(ruler.is_ascii());
    }

    #[test]
    fn marks_cache_lines_padding_and_tails() {
        let model = model();
        let index = Index::new(&model);
        let full = |id| draw(&View::new(&index, index.class(id).unwrap(), Width::Full));
        assert!(full("SharedFunctionInfo").contains("cache line 1"));
        assert!(full("Sloppy").contains("padding..."));
        assert!(full("FixedArray").contains("elements[length]"));
    }

    #[test]
    fn clips_long_names() {
        assert_eq!(clip("visitor_id", 4), "vis~");
        assert_eq!(clip("map", 3), "map");
    }
}
