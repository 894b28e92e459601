//! The outer scope cannot be used while an inner one lives.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>) {
    let mut inner = scope.nested();
    Point::new(scope, PointInit { x: 1, next: Nil });
    Point::new(&mut inner, PointInit { x: 1, next: Nil });
}

fn main() {}
