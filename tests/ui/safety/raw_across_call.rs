//! A function that takes the scope mutably may do anything with the heap.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn anything(_: &mut HandleScope<'_>) {}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) -> i32 {
    let raw = point.get(scope);
    anything(scope);
    raw.x()
}

fn main() {}
