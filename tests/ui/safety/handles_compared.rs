//! Comparing handles reads what they refer to, and that takes a scope: compare what `get` returns.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(a: Handle<'_, Point>, b: Handle<'_, Point>) -> bool {
    a == b
}

fn main() {}
