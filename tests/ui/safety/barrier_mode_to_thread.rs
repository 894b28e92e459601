//! A barrier mode is of the thread that has entered the isolate, as references are.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(point: &Point) {
    let mode = point.write_barrier_mode();
    std::thread::scope(|threads| {
        threads.spawn(move || mode);
    });
}

fn main() {}
