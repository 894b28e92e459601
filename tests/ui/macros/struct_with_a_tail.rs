//! A struct in an object has a fixed size.
use heapwright::prelude::*;

#[heap_struct]
pub struct Entry {
    #[constant]
    count: Smi,
    #[length = count]
    values: [Tagged<Any>],
}

fn main() {}
