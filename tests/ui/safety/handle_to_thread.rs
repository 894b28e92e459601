//! A handle stays on its thread.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(point: Handle<'_, Point>) {
    std::thread::scope(|threads| {
        threads.spawn(move || drop(point));
    });
}

fn main() {}
