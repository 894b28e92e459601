//! A weak callback cannot keep a plain reference either.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>) -> WeakGlobal<Point> {
    let point = Point::new(scope, PointInit { x: 1, next: Nil });
    let raw = point.get(scope);
    WeakGlobal::with_callback(scope, point, move |_| {
        raw.x();
    })
}

fn main() {}
