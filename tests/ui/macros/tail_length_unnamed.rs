//! Which field?

use heapwright::prelude::*;

#[heap_object]
struct Array {
    #[constant]
    length: Smi,
    #[length]
    elements: [Tagged<Any>],
}

fn main() {}
