//! The type of an inherited field is that of its declaration.
use heapwright::prelude::*;

#[heap_object(abstract)]
pub struct Base {
    #[constant]
    length: Smi,
    count: Smi,
}

#[heap_object(extends = Base, inherits(length: u32))]
pub struct Array {
    #[length = length]
    elements: [Tagged<Any>],
}

#[heap_object(extends = Base, inherits(count: Smi))]
pub struct Other {
    #[length = count]
    elements: [Tagged<Any>],
}

fn main() {}
