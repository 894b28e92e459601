//! The same for an inner scope that lets a handle escape.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) -> i32 {
    let raw = point.get(scope);
    let (inner, escape) = scope.escapable();
    drop((inner, escape));
    raw.x()
}

fn main() {}
