//! What cannot be an element.

use heapwright::prelude::*;

#[heap_object]
struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Smi],
}

fn main() {}
