//! A tagged value is a reference, too.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, any: Handle<'_, Any>) -> bool {
    let value = any.get(scope);
    Point::new(scope, PointInit { x: 1, next: Nil });
    value.is::<Point>()
}

fn main() {}
