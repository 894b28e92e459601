//! A handle turns into one of a class above its own, and into no other.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

#[heap_object]
struct Other {
    y: Smi,
}

fn attack(point: Handle<'_, Point>) -> Handle<'_, Other> {
    point.upcast::<Other>()
}

fn main() {}
