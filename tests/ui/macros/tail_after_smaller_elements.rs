//! Elements that need an alignment cannot follow elements that may end anywhere.
use heapwright::prelude::*;

#[heap_object]
pub struct Table {
    #[constant]
    count: Smi,
    #[length = count]
    bytes: [u8],
    #[length = count]
    values: [Tagged<Any>],
}

fn main() {}
