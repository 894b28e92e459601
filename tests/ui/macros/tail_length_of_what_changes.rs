//! A length is made of fields that nothing changes, or objects would change their size.
use heapwright::prelude::*;

#[heap_object]
pub struct Table {
    capacity: Smi,
    #[constant]
    #[relaxed]
    flags: u32,
    #[length = capacity * 2]
    entries: [Tagged<Any>],
}

fn main() {}
