//! The iterator over all objects reads the heap of a thread: it does not leave it.

use heapwright::prelude::*;

fn attack(scope: &HandleScope<'_>) {
    std::thread::scope(|threads| {
        let objects = scope.heap_objects();
        threads.spawn(move || objects.count());
    });
}

fn main() {}
