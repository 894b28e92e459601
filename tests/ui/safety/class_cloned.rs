//! An object cannot be cloned: that copies the reference, which is the same object.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(point: &Point) -> Point {
    point.clone()
}

fn main() {}
