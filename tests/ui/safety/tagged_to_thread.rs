//! The same goes for tagged values.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(value: Tagged<'_, Any>) {
    std::thread::scope(|threads| {
        threads.spawn(move || drop(value));
    });
}

fn main() {}
