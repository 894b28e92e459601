//! A class has no default value.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack() -> Point {
    Point::default()
}

fn main() {}
