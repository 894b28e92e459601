//! Nor a bare class.

use heapwright::prelude::*;

#[heap_object]
struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Array],
}

fn main() {}
