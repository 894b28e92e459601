//! Eight bytes are not atomic where words have four.
use heapwright::prelude::*;

#[heap_object]
pub struct Foreign {
    #[relaxed]
    place: External<u8>,
    pointer: *mut u8,
}

fn main() {}
