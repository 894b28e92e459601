//! And for reserved memory.

use heapwright::prelude::*;

fn attack(memory: Reservation<'_, '_>) {
    std::thread::scope(|threads| {
        threads.spawn(move || drop(memory));
    });
}

fn main() {}
