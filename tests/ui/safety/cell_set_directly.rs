//! A class's own module sees its cells, but only generated setters may write them: they know what is constant.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(point: &Point) {
    point.x.set(smi(1));
}

fn main() {}
