//! The field that is named must exist.

use heapwright::prelude::*;

#[heap_object]
struct Array {
    #[constant]
    length: Smi,
    #[length = lenght]
    elements: [Tagged<Any>],
}

fn main() {}
