//! A fresh object is fresh until its reservation ends.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>) {
    let memory = scope.reserve(Point::SIZE).unwrap();
    let fresh = memory.fresh(PointInit { x: 1, next: Nil });
    drop(memory);
    fresh.x();
}

fn main() {}
