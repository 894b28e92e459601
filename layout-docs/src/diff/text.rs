//! The report for a terminal.

use super::{Diff, Entry, Party, Verdict};
use crate::text::wrap;
use std::fmt::Write as _;

pub(super) fn render(diff: &Diff) -> String {
    let mut out = diff.summary() + "\n";
    for entry in &diff.entries {
        let _ = writeln!(out, "\n{} {}{}", entry.item.name(), printable(&entry.id), sizes(entry));
        for change in &entry.changes {
            let mark = if change.is_breaking() { "  ! " } else { "  + " };
            out.push_str(mark);
            wrap(&mut out, mark.len(), &printable(&change.what.to_string()));
            let why = format!("{}: {}", parties(change.breaks), change.why());
            out.push_str("      ");
            wrap(&mut out, 6, &why);
        }
    }
    if diff.verdict() == Verdict::Breaking {
        out.push_str(
            "\ncode: compiled with the old offsets; data: objects made before, in snapshots and core files; readers: tools that\n\
             know the old layouts, such as debuggers. a / b: a bytes with compressed, b with full pointers.\n",
        );
    }
    out
}

/// Without what a terminal would take for an order: names may be a stranger's.
fn printable(text: &str) -> String {
    text.replace(|c: char| c.is_control() && !c.is_whitespace(), "\u{fffd}")
}

/// `breaks code, data`, `breaks nobody`.
pub(super) fn parties(breaks: &[Party]) -> String {
    let names: Vec<_> = breaks.iter().map(|p| p.name()).collect();
    format!("breaks {}", if names.is_empty() { "nobody".to_owned() } else { names.join(", ") })
}

fn sizes(entry: &Entry) -> String {
    match (entry.before, entry.after) {
        // A change says it.
        (Some(from), Some(to)) if from != to => String::new(),
        (_, Some(size)) => format!(", {size} bytes"),
        (Some(size), None) => format!(", {size} bytes before"),
        (None, None) => String::new(),
    }
}
