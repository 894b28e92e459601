//! To leave out the write barrier is unsafe: the collector relies on it.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(a: &Point, b: &Point) {
    a.set_next(WithMode(b, heapwright::WriteBarrierMode::skip()));
}

fn main() {}
