//! A length where nothing is counted.

use heapwright::prelude::*;

#[heap_object]
struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    element: Tagged<Any>,
}

fn main() {}
