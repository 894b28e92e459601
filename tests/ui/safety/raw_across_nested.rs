//! An inner scope may allocate, so a reference of the outer one does not live beside it.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) -> i32 {
    let raw = point.get(scope);
    let inner = scope.nested();
    drop(inner);
    raw.x()
}

fn main() {}
