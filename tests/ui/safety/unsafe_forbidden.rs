//! Code that forbids `unsafe` declares classes; only what it writes itself is rejected.

#![forbid(unsafe_code)]

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(object: &HeapObject) -> &Point {
    unsafe { object.cast_unchecked::<Point>() }
}

fn main() {}
