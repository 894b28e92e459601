//! Nor does forgetting it.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>) -> i32 {
    let mut inner = scope.nested();
    let point = Point::new(&mut inner, PointInit { x: 1, next: Nil });
    std::mem::forget(inner);
    point.get(scope).x()
}

fn main() {}
