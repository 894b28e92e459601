//! Nor into a box.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(point: &Point) -> Box<Point> {
    Box::new(*point)
}

fn main() {}
