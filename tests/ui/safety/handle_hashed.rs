//! Hashing a handle would read a slot that may be gone.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(point: Handle<'_, Point>) {
    let mut seen = std::collections::HashSet::new();
    seen.insert(point);
}

fn main() {}
