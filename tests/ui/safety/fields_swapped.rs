//! Nor can two fields.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(a: &Point, b: &Point) {
    std::mem::swap(&mut a.x, &mut b.x);
}

fn main() {}
