//! A raw field that is not aligned: the message says where it is, what it needs, and how to mend it.

use heapwright::prelude::*;

#[heap_object]
struct Odd {
    small: u8,
    wide: u32,
}

fn main() {}
