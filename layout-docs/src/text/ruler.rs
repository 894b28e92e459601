//! The ruler: a class's bytes drawn with ASCII characters, sixteen to a row.

use crate::view::{CACHE_LINE, Cell, Part, Role, TailView, View};
use crate::words;
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
    note: String,
}

/// Sixteen bytes, or fewer.
struct Line<'r> {
    /// The offset, or dots where it depends on the object.
    offset: String,
    /// The byte it begins with, from the start of its runs.
    start: u32,
    /// How many bytes are drawn.
    used: u32,
    runs: &'r [Run],
    begins_cache_line: Option<u32>,
}

/// Draws the bytes of `view`, its tails included: the first one where it begins, each other one in rows of its own.
pub(crate) fn draw(view: &View<'_>) -> String {
    let mut blocks = vec![view.cells.iter().map(field_run).collect::<Vec<Run>>()];
    for (i, tail) in view.tails.iter().enumerate() {
        if i == 0 {
            let start = view.end();
            blocks[0].extend(tail_runs(tail, start));
        } else {
            blocks.push(tail_runs(tail, 0));
        }
    }
    let lines: Vec<Line<'_>> = blocks.iter().enumerate().flat_map(|(i, runs)| lines(runs, i == 0)).collect();
    let mut out = format!("      {}\n", scale());
    for i in 0..=lines.len() {
        let (above, below) = (i.checked_sub(1).map(|i| &lines[i]), lines.get(i));
        let mark = match below.and_then(|line| line.begins_cache_line) {
            Some(number) => format!("  cache line {number}"),
            None => String::new(),
        };
        let _ = writeln!(out, "      {}{mark}", border(above, below));
        if let Some(line) = below {
            let _ = writeln!(out, "{:>5} {}", line.offset, content(line));
        }
    }
    out
}

fn lines(runs: &[Run], has_offsets: bool) -> Vec<Line<'_>> {
    let end = runs.last().map_or(0, |r| r.end);
    let line = |row: u32| {
        let start = row * ROW;
        Line {
            offset: if has_offsets { start.to_string() } else { "...".to_owned() },
            start,
            used: (end - start).min(ROW),
            runs,
            begins_cache_line: (has_offsets && row > 0 && start.is_multiple_of(CACHE_LINE))
                .then_some(start / CACHE_LINE),
        }
    };
    (0..end.div_ceil(ROW)).map(line).collect()
}

fn scale() -> String {
    let numbers: String = (0..ROW).map(|b| format!("{b:<BYTE$}")).collect();
    format!(" {numbers}").trim_end().to_owned()
}

fn field_run(cell: &Cell<'_>) -> Run {
    let fill = if cell.role() == Role::Padding { '.' } else { ' ' };
    Run { start: cell.start, end: cell.end, label: cell.name(), fill, open: false, note: String::new() }
}

/// One element, if it has parts or is optional; then, unless it is, a run that stands for the others.
fn tail_runs(view: &TailView<'_>, start: u32) -> Vec<Run> {
    let (tail, mut runs, mut start) = (view.tail, Vec::new(), start);
    let has_parts = tail.holds.struct_id().is_some();
    if has_parts || tail.is_optional() {
        for cell in &view.cells {
            let run = field_run(cell);
            let label = match &cell.part {
                Part::Field(row) if has_parts && !tail.is_optional() => format!("[0].{}", row.name),
                _ => run.label,
            };
            runs.push(Run { start: start + run.start, end: start + run.end, label, ..run });
        }
        start += view.size;
    }
    if tail.is_optional() {
        if let Some(first) = runs.first_mut() {
            let (what, condition) = words::presence(&tail.length);
            first.note = format!("  {what} {condition}");
        }
    } else {
        let label = format!("{}[{}]", tail.name, tail.length.text());
        let mut end = (start + 1).next_multiple_of(ROW);
        if (end - start) as usize * BYTE < label.len() + 2 {
            end += ROW;
        }
        runs.push(Run { start, end, label, fill: ' ', open: true, note: String::new() });
    }
    runs
}

fn border(above: Option<&Line<'_>>, below: Option<&Line<'_>>) -> String {
    let used = |line: Option<&Line<'_>>| line.map_or(0, |l| l.used as usize);
    let width = used(above).max(used(below)) * BYTE;
    let at_line = below.is_some_and(|line| line.begins_cache_line.is_some());
    let mut border = vec![if at_line { '=' } else { '-' }; width + 1];
    border[0] = '+';
    for line in [above, below].into_iter().flatten() {
        for byte in line.runs.iter().flat_map(|run| [run.start, run.end]) {
            if (line.start..=line.start + ROW).contains(&byte) {
                border[(byte - line.start) as usize * BYTE] = '+';
            }
        }
        border[line.used as usize * BYTE] = '+';
    }
    border.into_iter().collect()
}

fn content(line: &Line<'_>) -> String {
    let mut text = String::from("|");
    let (first, last) = (line.start, line.start + ROW);
    let runs = || line.runs.iter().filter(|r| r.start < last && r.end > first);
    for run in runs() {
        let start = run.start.max(first);
        let end = run.end.min(last);
        let room = (end - start) as usize * BYTE - 1;
        let label = if start > run.start { format!("({})", run.label) } else { run.label.clone() };
        let indent = usize::from(room > 4);
        let label = words::cut(&label, room - indent, '~');
        text.extend(std::iter::repeat_n(run.fill, indent));
        text.push_str(&label);
        text.extend(std::iter::repeat_n(run.fill, room - indent - label.chars().count()));
        text.push(if run.open && run.end <= last { '~' } else { '|' });
    }
    text.extend(runs().filter(|r| r.start >= first).map(|r| r.note.as_str()));
    text
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
    fn tails_follow_each_other_and_structs_show_one_element() {
        let model = model();
        let index = Index::new(&model);
        let drawn = |id| draw(&View::new(&index, index.class(id).unwrap(), Width::Compressed));
        let scope = drawn("ScopeInfo");
        let rows: Vec<&str> = scope.lines().filter(|l| l.contains('|')).map(str::trim_end).collect();
        assert!(rows[1].contains("| position.start|"), "{scope}");
        assert!(rows[2].contains("(local_names[local_count])"), "{scope}");
        assert!(rows[3].starts_with("  ... | locals[local_count * 2]") && rows[3].ends_with('~'), "{scope}");
        assert_eq!(rows[4], "  ... | function_name |  only if flags.has_function_name()");
        let descriptors = drawn("DescriptorArray");
        for part in ["[0].key", "[0].details", "[0].value", "entries[count]"] {
            assert!(descriptors.contains(part), "{part}\n{descriptors}");
        }
        assert!(scope.is_ascii());
    }
}
