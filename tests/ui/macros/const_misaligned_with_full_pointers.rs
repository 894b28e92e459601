//! A field that is aligned with four-byte words and not with eight: the declaration must be right for both.

use heapwright::prelude::*;

#[heap_object]
struct Odd {
    wide: u32,
    number: Smi,
}

fn main() {}
