//! An isolate moves between threads as a whole; it is not shared.

use heapwright::prelude::*;

fn attack(isolate: &Isolate) {
    std::thread::scope(|threads| {
        threads.spawn(move || drop(isolate));
    });
}

fn main() {}
