//! The collector looks at all words of a struct or at none.
use heapwright::prelude::*;

#[heap_struct]
pub struct Entry {
    key: Tagged<Any>,
    hash: u32,
}

fn main() {}
