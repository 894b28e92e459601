//! What computes a length is `const`: the collector calls it, and it has to say the same each time.
use heapwright::prelude::*;

fn twice(count: i32) -> i32 {
    count * 2
}

#[heap_object]
pub struct Table {
    #[constant]
    count: Smi,
    #[length = twice(count)]
    entries: [Tagged<Any>],
}

fn main() {}
