//! Nor can it open a scope, which could.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>) {
    let memory = scope.reserve(Point::SIZE).unwrap();
    drop(memory.nested());
}

fn main() {}
