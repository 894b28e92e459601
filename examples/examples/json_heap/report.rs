//! The report: tables of what the heap says about itself.

use crate::classes::Shape;
use crate::compare::Comparison;
use crate::error::Error;
use crate::lookup::Pointer;
use comfy_table::{Cell, CellAlignment, Table};
use heapwright::inspect::{HeapSnapshot, HeapStatistics, SnapshotNodeKind};
use heapwright::prelude::*;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// Rows of the longer tables.
const ROWS: usize = 8;
/// Characters of a text that are shown.
const WIDTH: usize = 60;

/// What was found at each pointer.
pub fn lookups(found: &[(Pointer, Option<String>)], out: &mut impl Write) -> Result<(), Error> {
    let mut table = table(&["Looked up", "-found"]);
    for (pointer, value) in found {
        let pointer = format!("\"{pointer}\"");
        table.add_row([shorten(&pointer), value.as_deref().map_or("nothing".to_owned(), shorten)]);
    }
    print(&table, out)
}

/// Objects and bytes of each class.
pub fn classes(scope: &HandleScope<'_>, out: &mut impl Write) -> Result<(), Error> {
    let mut table = table(&["Class", "objects", "bytes", "each"]);
    for class in scope.class_statistics() {
        let each = class.bytes as f64 / class.objects as f64;
        row(
            &mut table,
            class.class.name(),
            [count(class.objects as u64), count(class.bytes as u64), format!("{each:.1}")],
        );
    }
    print(&table, out)
}

/// The shapes with the most objects.
pub fn shapes<'gc>(shapes: impl Iterator<Item = &'gc Shape>, out: &mut impl Write) -> Result<(), Error> {
    let mut shapes: Vec<&Shape> = shapes.collect();
    shapes.sort_by_key(|shape| std::cmp::Reverse(shape.objects()));
    let objects: u64 = shapes.iter().map(|shape| u64::from(shape.objects().unsigned_abs())).sum();
    writeln!(out, "Keys: {} of {}.\n", counted(shapes.len() as u64, "shape"), counted(objects, "object"))?;
    if shapes.is_empty() {
        return Ok(());
    }
    let mut table = table(&["Keys", "objects", "depth", "longest", "-search"]);
    for shape in shapes.iter().take(ROWS) {
        let keys: Vec<String> = shape.keys_iter().map(|key| key.to_rust_string()).collect();
        let facts = shape.facts();
        let search = format!("{:?}", facts.key_order());
        let numbers =
            [count(shape.objects() as u64), facts.depth().to_string(), facts.longest_key().to_string(), search];
        row(&mut table, &shorten(&keys.join(" ")), numbers);
    }
    if shapes.len() > ROWS {
        table.add_row([format!("and {} more", count((shapes.len() - ROWS) as u64))]);
    }
    print(&table, out)
}

/// Objects and references of a snapshot, and the objects that keep most alive alone.
pub fn snapshot(snapshot: &HeapSnapshot, path: &Path, out: &mut impl Write) -> Result<(), Error> {
    let objects = snapshot.nodes().iter().filter(|node| node.kind != SnapshotNodeKind::Synthetic).count();
    writeln!(
        out,
        "Heap snapshot: {} and {}, in {}.\n",
        counted(objects as u64, "object"),
        counted(snapshot.edge_count() as u64, "reference"),
        path.display()
    )?;
    let retained = snapshot.retained_sizes();
    let mut nodes: Vec<usize> = (0..retained.len()).collect();
    nodes.retain(|node| snapshot.nodes()[*node].kind != SnapshotNodeKind::Synthetic);
    nodes.sort_by_key(|node| std::cmp::Reverse(retained[*node]));
    let mut table = table(&["Object", "id", "bytes", "retained"]);
    for node in nodes.into_iter().take(ROWS) {
        let of = &snapshot.nodes()[node];
        let numbers = [of.id.to_string(), count(of.self_size as u64), count(retained[node] as u64)];
        row(&mut table, &shorten(snapshot.name(of)), numbers);
    }
    print(&table, out)
}

/// Bytes of each space.
pub fn spaces(statistics: &HeapStatistics, out: &mut impl Write) -> Result<(), Error> {
    let mut table = table(&["Space", "chunks", "committed", "used", "free", "wasted"]);
    for (id, space) in &statistics.spaces {
        let numbers = [space.chunks, space.committed, space.used, space.available, space.wasted];
        row(&mut table, id.name(), numbers.map(|number| count(number as u64)));
    }
    print(&table, out)?;
    let (now, peak, limit) = (statistics.committed, statistics.peak_committed, statistics.max_heap_size);
    writeln!(out, "Committed: {} now, {} at most, {} allowed.\n", bytes(now), bytes(peak), bytes(limit))?;
    Ok(())
}

/// The last collections, and all of each kind together.
pub fn collections(statistics: &HeapStatistics, out: &mut impl Write) -> Result<(), Error> {
    let mut table = table(&["Collection", "pause", "before", "after", "copied", "promoted", "-reason"]);
    let skipped = statistics.collections.len().saturating_sub(ROWS);
    for record in statistics.collections.iter().skip(skipped) {
        let sizes =
            [record.used_before, record.used_after, record.copied, record.promoted].map(|size| count(size as u64));
        let [before, after, copied, promoted] = sizes;
        let reason = record.reason.name().to_owned();
        row(&mut table, record.kind.name(), [milliseconds(record.pause), before, after, copied, promoted, reason]);
    }
    if !statistics.collections.is_empty() {
        print(&table, out)?;
    }
    for (kind, totals) in [(CollectionKind::Young, statistics.young), (CollectionKind::Full, statistics.full)] {
        writeln!(
            out,
            "{}: {} together, {} the longest.",
            counted(totals.count, &format!("{} collection", kind.name())),
            milliseconds(totals.pause),
            milliseconds(totals.longest_pause)
        )?;
    }
    writeln!(out)?;
    Ok(())
}

/// The heap beside `serde_json::Value`.
pub fn comparison(comparison: &Comparison, out: &mut impl Write) -> Result<(), Error> {
    let Comparison { runs, heap_time, value_time, heap_bytes, value_bytes } = comparison;
    let mut table = table(&["Compared", "heap", "serde_json::Value", "ratio"]);
    let ratio = |ours: f64, theirs: f64| format!("{:.2}", ours / theirs);
    let times = ratio(heap_time.as_secs_f64(), value_time.as_secs_f64());
    row(&mut table, "build time (median)", [milliseconds(*heap_time), milliseconds(*value_time), times]);
    let sizes = ratio(*heap_bytes as f64, *value_bytes as f64);
    row(&mut table, "live bytes", [count(*heap_bytes as u64), count(*value_bytes as u64), sizes]);
    writeln!(out)?;
    print(&table, out)?;
    writeln!(out, "{runs} runs of each, in turn. Bytes of `Value` are the least that its nodes and buffers can have.")?;
    Ok(())
}

/// A table without lines. The first column is text, the others are numbers, unless their name begins with `-`.
fn table(columns: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(columns.iter().map(|name| name.trim_start_matches('-')));
    for (i, (column, name)) in table.column_iter_mut().zip(columns).enumerate() {
        column.set_padding((0, 2));
        if i > 0 && !name.starts_with('-') {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn row<const N: usize>(table: &mut Table, name: &str, others: [String; N]) {
    table.add_row(std::iter::once(name.to_owned()).chain(others).map(Cell::new));
}

fn print(table: &Table, out: &mut impl Write) -> Result<(), Error> {
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(out)?;
    Ok(())
}

/// The beginning of a text, on one line.
fn shorten(text: &str) -> String {
    let printable = |c: char| if c.is_control() { '·' } else { c };
    let mut shown: String = text.chars().take(WIDTH).map(printable).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// A number with its digits in groups of three.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(" ")
}

/// A number of things.
pub fn counted(number: u64, what: &str) -> String {
    format!("{} {what}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A number of bytes in a unit that suits it.
pub fn bytes(number: usize) -> String {
    let number = number as f64;
    match number {
        ..1024.0 => format!("{number} bytes"),
        ..1048576.0 => format!("{:.1} KiB", number / 1024.0),
        ..1073741824.0 => format!("{:.1} MiB", number / 1048576.0),
        _ => format!("{:.1} GiB", number / 1073741824.0),
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!([count(0), count(999), count(1000), count(1234567)], ["0", "999", "1 000", "1 234 567"]);
        assert_eq!(
            [bytes(0), bytes(1023), bytes(1536), bytes(5 << 20)],
            ["0 bytes", "1023 bytes", "1.5 KiB", "5.0 MiB"]
        );
        assert_eq!(shorten(&"é".repeat(70)).chars().count(), WIDTH + 1);
    }
}
