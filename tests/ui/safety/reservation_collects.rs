//! A reservation reads through its scope, and cannot collect.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>) {
    let memory = scope.reserve(Point::SIZE).unwrap();
    memory.collect(CollectionKind::Full);
}

fn main() {}
