//! The halves of an observed store are for generated setters: an offset of no field would be read.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(point: &Point) {
    heapwright::__private::Observing::of(point).stored(1 << 20);
}

fn main() {}
