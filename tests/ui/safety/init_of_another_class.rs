//! The fields of one class do not make an object of another.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

#[heap_object]
struct Other {
    y: Smi,
}

fn attack(scope: &mut HandleScope<'_>) {
    Point::new(scope, OtherInit { y: 1 });
}

fn main() {}
