//! The right to escape belongs to the thread of its scope.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(outer: &mut HandleScope<'_>) {
    let (inner, escape) = outer.escapable();
    std::thread::scope(|threads| {
        threads.spawn(move || drop(escape));
    });
    drop(inner);
}

fn main() {}
