//! Fields cannot follow the elements of the class above.

use heapwright::prelude::*;

#[heap_object(open)]
struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

#[heap_object(extends = Array)]
struct Matrix {
    columns: Smi,
}

fn main() {}
