//! And stand before the elements.

use heapwright::prelude::*;

#[heap_object]
struct Array {
    #[length = length]
    elements: [Tagged<Any>],
    #[constant]
    length: Smi,
}

fn main() {}
