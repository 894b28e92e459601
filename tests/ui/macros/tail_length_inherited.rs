//! And be the class's own.

use heapwright::prelude::*;

#[heap_object(open)]
struct Sized {
    #[constant]
    length: Smi,
}

#[heap_object(extends = Sized)]
struct Array {
    #[length = length]
    elements: [Tagged<Any>],
}

fn main() {}
