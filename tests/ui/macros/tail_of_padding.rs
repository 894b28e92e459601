//! Padding is a field, not an element.
use heapwright::prelude::*;

#[heap_object]
pub struct Table {
    #[constant]
    count: Smi,
    #[length = count]
    holes: [Padding<4>],
}

fn main() {}
