//! Nor may it write one without telling the collector, as an object being made does.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(a: &Point, b: &Point) {
    a.next.init(b);
}

fn main() {}
