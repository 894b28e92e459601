//! An object cannot be moved out of its place.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(point: &Point) -> Point {
    *point
}

fn main() {}
