//! A cast that is not checked is unsafe.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(object: &HeapObject) -> &Point {
    object.cast_unchecked::<Point>()
}

fn main() {}
