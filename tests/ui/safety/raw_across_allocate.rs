//! The reference that one allocation returns does not live across the next.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>) -> i32 {
    let first = Point::allocate(scope, PointInit { x: 1, next: Nil });
    let second = Point::allocate(scope, PointInit { x: 1, next: Nil });
    first.x() + second.x()
}

fn main() {}
