//! Time and memory, measured against `serde_json::Value`.

use crate::error::Error;
use crate::input::Input;
use crate::job::load_copies;
use crate::load::Loader;
use crate::progress::Progress;
use heapwright::IsolateBuilder;
use heapwright::prelude::*;
use serde_json::Value;
use std::time::{Duration, Instant};

/// At least as many runs of each, and more while they are quick.
const MIN_RUNS: usize = 5;
const MAX_RUNS: usize = 101;
const ENOUGH: Duration = Duration::from_secs(2);

/// What was measured.
#[derive(Debug)]
pub struct Comparison {
    /// Runs of each.
    pub runs: usize,
    /// The median time to build the documents in the heap, collections included.
    pub heap_time: Duration,
    /// The same for `Value`.
    pub value_time: Duration,
    /// Bytes of the documents in the heap after a full collection, with all that they refer to.
    pub heap_bytes: usize,
    /// The least that `Value` can take.
    pub value_bytes: usize,
}

/// Builds the documents both ways, in turn, so that whatever else the machine does meets both alike. Both find memory that
/// was used before: the heap keeps its chunks from run to run, as the allocator does.
pub fn compare(builder: IsolateBuilder, input: &Input, repeat: usize) -> Result<Comparison, Error> {
    let mut isolate = builder.build()?;
    let mut scope = isolate.enter();
    scope.collect(CollectionKind::Full);
    let empty = scope.statistics().used();
    let (mut heap_times, mut value_times) = (Vec::new(), Vec::new());
    let (mut heap_bytes, mut value_bytes) = (0, 0);
    let start = Instant::now();
    while heap_times.len() < MIN_RUNS || (heap_times.len() < MAX_RUNS && start.elapsed() < ENOUGH) {
        let (time, bytes) = build_in_heap(&mut scope.nested(), input, repeat)?;
        heap_times.push(time);
        heap_bytes = bytes.saturating_sub(empty);
        scope.collect(CollectionKind::Full);

        let start = Instant::now();
        let values: Result<Vec<Value>, _> = (0..repeat).map(|_| serde_json::from_str(&input.text)).collect();
        value_times.push(start.elapsed());
        value_bytes = values.iter().flatten().map(|value| size_of::<Value>() + size_below(value)).sum();
        drop(values);
        // glibc joins what was freed at the next large request; that is the price of freeing and should meet neither.
        drop(std::hint::black_box(Vec::<u8>::with_capacity(1 << 16)));
    }
    let (runs, heap_time, value_time) = (heap_times.len(), median(heap_times), median(value_times));
    Ok(Comparison { runs, heap_time, value_time, heap_bytes, value_bytes })
}

/// The time it takes, and the bytes in use when all that is not needed has been collected.
fn build_in_heap(scope: &mut HandleScope<'_>, input: &Input, repeat: usize) -> Result<(Duration, usize), Error> {
    let start = Instant::now();
    // The loader's tables are needed no longer than the loader.
    let (mut inner, escape) = scope.escapable();
    let mut loader = Loader::new(&mut inner, input.text.len() * repeat, Progress::hidden())?;
    let copies = load_copies(&mut inner, &mut loader, input, repeat)?;
    let copies = escape.escape(&inner, copies);
    let time = start.elapsed();
    drop(inner);
    scope.collect(CollectionKind::Full);
    let used = scope.statistics().used();
    assert_eq!(copies.get(scope).elements_len(), repeat, "the copies are alive until here");
    Ok((time, used))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Keys of a node of the standard library's `BTreeMap`.
const NODE_KEYS: usize = 11;
/// A leaf: its parent, keys, values, and two small numbers.
const LEAF: usize = (8 + NODE_KEYS * (size_of::<String>() + size_of::<Value>()) + 4).next_multiple_of(8);
/// Any other node also has children.
const INNER_NODE: usize = LEAF + (NODE_KEYS + 1) * 8;

/// The bytes that a value refers to: what was asked of the allocator, not counting what that adds. Objects are taken to
/// have as few nodes as their members can have, so this is less than the truth, if anything.
fn size_below(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.capacity(),
        Value::Array(array) => array.capacity() * size_of::<Value>() + array.iter().map(size_below).sum::<usize>(),
        Value::Object(object) => {
            let leaves = if object.is_empty() { 0 } else { (object.len() + 1).div_ceil(NODE_KEYS + 1) };
            let inner_nodes = if leaves > 1 { leaves.div_ceil(NODE_KEYS + 1) } else { 0 };
            let members = object.iter().map(|(key, value)| key.capacity() + size_below(value)).sum::<usize>();
            leaves * LEAF + inner_nodes * INNER_NODE + members
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_values_add_up() {
        let size = |text: &str| size_below(&serde_json::from_str(text).unwrap());
        assert_eq!(size("null"), 0);
        assert_eq!(size("\"abc\""), 3);
        assert_eq!(size("{}"), 0);
        assert_eq!(size(r#"{"ab":"abc"}"#), LEAF + 5);
        let members: Vec<String> = (10..22).map(|i| format!("\"{i}\":null")).collect();
        assert_eq!(size(&format!("{{{}}}", members.join(","))), 2 * LEAF + INNER_NODE + 24);
    }
}
