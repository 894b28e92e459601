//! Elements have no memory order of their own.

use heapwright::prelude::*;

#[heap_object]
struct Array {
    #[constant]
    length: Smi,
    #[relaxed]
    #[length = length]
    elements: [u32],
}

fn main() {}
