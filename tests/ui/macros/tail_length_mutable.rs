//! And never change.

use heapwright::prelude::*;

#[heap_object]
struct Array {
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

fn main() {}
