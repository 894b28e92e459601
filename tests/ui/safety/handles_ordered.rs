//! Handles have no order.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(a: Handle<'_, Point>, b: Handle<'_, Point>) -> bool {
    a < b
}

fn main() {}
