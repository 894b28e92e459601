//! What runs under a label may allocate: a plain reference does not live across it.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
}

fn attack(scope: &mut HandleScope<'_>) -> i32 {
    let point = Point::new(scope, PointInit { x: 1 });
    let raw = point.get(scope);
    scope.with_allocation_label("parse", |scope| {
        Point::new(scope, PointInit { x: 2 });
    });
    raw.x()
}

fn main() {}
