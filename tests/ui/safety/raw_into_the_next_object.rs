//! A plain reference cannot be a field of an object that is being made: making it may collect first. Pass a handle.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) {
    let raw = point.get(scope);
    Point::new(scope, PointInit { x: 1, next: raw });
}

fn main() {}
