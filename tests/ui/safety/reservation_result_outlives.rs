//! What was made in reserved memory is borrowed from the reservation: make a handle to keep it.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>) -> i32 {
    let point = {
        let memory = scope.reserve(Point::SIZE).unwrap();
        Point::new_reserved(&memory, PointInit { x: 1, next: Nil })
    };
    point.x()
}

fn main() {}
