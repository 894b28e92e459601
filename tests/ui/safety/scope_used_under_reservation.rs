//! While a reservation lives, its scope cannot allocate.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>) {
    let memory = scope.reserve(Point::SIZE).unwrap();
    Point::new(scope, PointInit { x: 1, next: Nil });
    Point::new_reserved(&memory, PointInit { x: 1, next: Nil });
}

fn main() {}
