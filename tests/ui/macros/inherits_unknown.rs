//! What a length inherits is a field that a class above has.
use heapwright::prelude::*;

#[heap_object(abstract)]
pub struct Base {
    #[constant]
    length: Smi,
}

#[heap_object(extends = Base, inherits(lenght: Smi))]
pub struct Array {
    #[length = lenght]
    elements: [Tagged<Any>],
}

fn main() {}
