//! Nor can it borrow the scope that registers it.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack<'a>(scope: &'a mut HandleScope<'_>) -> WeakGlobal<Point> {
    let point = Point::new(scope, PointInit { x: 1, next: Nil });
    WeakGlobal::with_callback(&*scope, point, |_| scope.collect(CollectionKind::Full))
}

fn main() {}
