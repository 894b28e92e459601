//! The report for a pull request.

use super::changes::difference;
use super::text::parties;
use super::{Diff, Entry, Item, Verdict};
use crate::markdown::escape::{code, escape};
use crate::model::{PerWidth, Width};
use crate::overlay::one_line;
use std::fmt::Write as _;

pub(super) fn render(diff: &Diff) -> String {
    let (mark, rest) = match diff.verdict() {
        Verdict::Same => ("✅", "no layout changed".to_owned()),
        verdict => {
            let mark = if verdict == Verdict::Breaking { "❌" } else { "☑️" };
            (mark, diff.summary().split_once(": ").map(|(_, rest)| rest.to_owned()).unwrap_or_default())
        }
    };
    let mut out = format!("{mark} **Object layouts: {}**: {rest}\n", diff.verdict().name());
    let sized: Vec<&Entry> = diff.entries.iter().filter(|e| e.item != Item::Bitfield).collect();
    if !sized.is_empty() {
        out.push_str("\n| | compressed | full | bytes an instance | |\n|---|--:|--:|--:|---|\n");
    }
    for entry in sized {
        let cells = Width::ALL.map(|width| cell(entry, |size| size.get(width)));
        let difference = match (entry.before, entry.after) {
            (Some(from), Some(to)) if from != to => difference(from, to),
            (Some(_), Some(_)) => "±0".to_owned(),
            (None, _) => "new".to_owned(),
            (_, None) => "gone".to_owned(),
        };
        let id = one_line(&entry.id);
        let name = if id.contains('`') { escape(&id) } else { code(&id) };
        let verdict = entry.verdict().name();
        let _ = writeln!(out, "| {name} | {} | {} | {difference} | {verdict} |", cells[0], cells[1]);
    }
    for entry in &diff.entries {
        let is_breaking = entry.verdict() == Verdict::Breaking;
        let _ = write!(
            out,
            "\n<details{}><summary>{} <code>{}</code>: {}</summary>\n\n",
            if is_breaking { " open" } else { "" },
            entry.item.name(),
            escape(&one_line(&entry.id)),
            entry.verdict().name()
        );
        for change in &entry.changes {
            let what = ticked(&change.what.to_string());
            let strong = if change.is_breaking() { "**" } else { "" };
            let _ = writeln!(out, "- {what}<br>{strong}{}{strong}: {}", parties(change.breaks), change.why());
        }
        out.push_str("\n</details>\n");
    }
    if diff.verdict() != Verdict::Same {
        out.push_str(
            "\n<sub>code: compiled with the old offsets; data: objects made before, in snapshots and core files; readers: \
             tools that know the old layouts, such as debuggers. a / b: a bytes with compressed, b with full pointers.</sub>\n",
        );
    }
    out
}

fn cell(entry: &Entry, of: impl Fn(PerWidth) -> u32) -> String {
    match (entry.before.map(&of), entry.after.map(&of)) {
        (Some(from), Some(to)) if from != to => format!("{from} → {to}"),
        (_, Some(size)) => size.to_string(),
        (Some(size), None) => format!("~~{size}~~"),
        (None, None) => String::new(),
    }
}

/// What stands between backticks as code, the rest escaped. Names that have backticks in them come out as text.
fn ticked(text: &str) -> String {
    let text = &one_line(text);
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escape(text);
    }
    let part = |(i, part): (usize, &&str)| if i % 2 == 0 { escape(part) } else { code(part) };
    parts.iter().enumerate().map(part).collect()
}
