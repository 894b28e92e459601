//! There is no `&mut` into the heap, so two objects cannot be swapped.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(a: &Point, b: &Point) {
    std::mem::swap(a, b);
}

fn main() {}
