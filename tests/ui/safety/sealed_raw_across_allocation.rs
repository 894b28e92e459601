//! What was read with a sealed scope may move, as what was read with the scope.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) -> i32 {
    let raw = scope.sealed().get(point);
    Point::new(scope, PointInit { x: 1, next: Nil });
    raw.x()
}

fn main() {}
