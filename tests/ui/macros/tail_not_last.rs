//! Nothing follows a tail.

use heapwright::prelude::*;

#[heap_object]
struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
    hash: Smi,
}

fn main() {}
