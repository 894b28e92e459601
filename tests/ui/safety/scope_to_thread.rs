//! A scope stays on the thread that entered the isolate.

use heapwright::prelude::*;

fn attack(scope: HandleScope<'_>) {
    std::thread::scope(|threads| {
        threads.spawn(move || drop(scope));
    });
}

fn main() {}
