//! Objects are not `Sync`, though their fields are made of atomics: another thread could store them in another
//! heap.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(point: &Point) {
    std::thread::scope(|threads| {
        threads.spawn(move || drop(point));
    });
}

fn main() {}
