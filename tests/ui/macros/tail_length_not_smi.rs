//! And be a Smi.

use heapwright::prelude::*;

#[heap_object]
struct Array {
    #[constant]
    length: u32,
    #[length = length]
    elements: [Tagged<Any>],
}

fn main() {}
