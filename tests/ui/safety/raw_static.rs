//! No reference into the heap is `&'static`.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &HandleScope<'_>, point: Handle<'_, Point>) -> &'static Point {
    point.get(scope)
}

fn main() {}
