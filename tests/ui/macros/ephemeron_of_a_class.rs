//! A struct is an ephemeron, not a class; and the word is not guessed.
use heapwright::prelude::*;

#[heap_object(ephemeron)]
pub struct Item {
    value: Smi,
}

#[heap_struct(ephemron)]
pub struct Entry {
    key: Weak<HeapObject>,
    value: Tagged<Any>,
}

fn main() {}
