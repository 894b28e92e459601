//! Dropping the inner scope by hand does not help.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>) -> i32 {
    let mut inner = scope.nested();
    let point = Point::new(&mut inner, PointInit { x: 1, next: Nil });
    drop(inner);
    point.get(scope).x()
}

fn main() {}
