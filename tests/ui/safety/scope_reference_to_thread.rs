//! So does a reference to it.

use heapwright::prelude::*;

fn attack(scope: &HandleScope<'_>) {
    std::thread::scope(|threads| {
        threads.spawn(move || drop(scope));
    });
}

fn main() {}
