//! A sealed scope belongs to the thread of its scope.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &HandleScope<'_>) {
    let sealed = scope.sealed();
    std::thread::scope(|threads| {
        threads.spawn(move || sealed.isolate_id());
    });
}

fn main() {}
