//! An allocation may move every object, so no reference lives across it.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) -> i32 {
    let raw = point.get(scope);
    Point::new(scope, PointInit { x: 1, next: Nil });
    raw.x()
}

fn main() {}
