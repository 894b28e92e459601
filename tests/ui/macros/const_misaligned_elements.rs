//! Elements that do not begin at a multiple of their size.

use heapwright::prelude::*;

#[heap_object]
struct Odd {
    #[constant]
    length: Smi,
    small: u8,
    #[length = length]
    elements: [Tagged<Any>],
}

fn main() {}
