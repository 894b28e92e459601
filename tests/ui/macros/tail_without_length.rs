//! The number of elements is a field.

use heapwright::prelude::*;

#[heap_object]
struct Array {
    elements: [Tagged<Any>],
}

fn main() {}
