//! What a getter returns lives no longer than the object it was read from.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) -> i32 {
    let next = point.get(scope).next().unwrap();
    Point::new(scope, PointInit { x: 1, next: Nil });
    next.x()
}

fn main() {}
