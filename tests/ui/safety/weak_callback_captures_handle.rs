//! A weak callback outlives every scope: it cannot keep a handle, and so not bring an object back.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>) -> WeakGlobal<Point> {
    let point = Point::new(scope, PointInit { x: 1, next: Nil });
    WeakGlobal::with_callback(scope, point, move |info| {
        info.second_pass(move |scope| {
            point.get(scope).x();
        });
    })
}

fn main() {}
