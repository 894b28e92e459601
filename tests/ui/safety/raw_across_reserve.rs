//! Reserving memory may collect once.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) -> i32 {
    let raw = point.get(scope);
    let memory = scope.reserve(64).unwrap();
    drop(memory);
    raw.x()
}

fn main() {}
