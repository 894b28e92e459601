//! A new object is given all its fields.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>) {
    Point::new(scope, PointInit { x: 1 });
}

fn main() {}
