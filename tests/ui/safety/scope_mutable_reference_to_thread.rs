//! Mutable or not.

use heapwright::prelude::*;

fn attack(scope: &mut HandleScope<'_>) {
    std::thread::scope(|threads| {
        threads.spawn(move || drop(scope));
    });
}

fn main() {}
