//! That an object is read-only is looked up, not claimed: stores of it have no barrier.

use heapwright::{ReadOnly, prelude::*};

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack<'gc>(point: &'gc Point) -> ReadOnly<'gc, Point> {
    ReadOnly { object: point }
}

fn main() {}
