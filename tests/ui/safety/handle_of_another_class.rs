//! A handle of one class does not pass for one of another.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

#[heap_object]
struct Other {
    y: Smi,
}

fn attack(point: Handle<'_, Point>) -> Handle<'_, Other> {
    point
}

fn main() {}
