//! A fallible allocation may collect too.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) -> Result<i32, OutOfMemory> {
    let raw = point.get(scope);
    Point::try_new(scope, PointInit { x: 1, next: Nil })?;
    Ok(raw.x())
}

fn main() {}
