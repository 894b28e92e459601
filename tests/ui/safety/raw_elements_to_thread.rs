//! Nor is a view of raw elements, whose eight-byte cells are not atomic: that would be a data race.

use heapwright::prelude::*;

#[heap_object]
struct Floats {
    #[constant]
    length: Smi,
    #[length = length]
    data: [f64],
}

fn attack(floats: &Floats) {
    let mut data = floats.data_iter();
    std::thread::scope(|threads| {
        threads.spawn(move || data.next());
        floats.set_data(0, 1.0);
    });
}

fn main() {}
