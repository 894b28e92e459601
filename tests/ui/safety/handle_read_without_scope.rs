//! Reading a handle takes a scope.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(point: Handle<'_, Point>) -> i32 {
    point.x()
}

fn main() {}
