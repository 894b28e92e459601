//! A class has one tail.

use heapwright::prelude::*;

#[heap_object]
struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    keys: [Tagged<Any>],
    #[length = length]
    values: [Tagged<Any>],
}

fn main() {}
