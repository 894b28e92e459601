//! The first pass of a weak callback is given no scope: what needs the heap goes into a second pass.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &HandleScope<'_>, point: Handle<'_, Point>) -> WeakGlobal<Point> {
    WeakGlobal::with_callback(scope, point, |info| {
        Point::new(info, PointInit { x: 1, next: Nil });
    })
}

fn main() {}
