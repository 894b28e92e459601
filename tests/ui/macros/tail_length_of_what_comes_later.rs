//! Lengths are computed from front to back.
use heapwright::prelude::*;

#[heap_object]
pub struct Table {
    #[constant]
    count: Smi,
    #[length = if more { count } else { 0 }]
    entries: [Tagged<Any>],
    #[constant]
    #[present_if = count > entries]
    more: Smi,
    #[length = rest + 1]
    rest: [u8],
}

fn main() {}
