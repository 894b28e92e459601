//! Padding that no object could have: the layout counts bytes in 32 bits, so it must not be cut, or `&Padded` would claim
//! memory that the heap never allocated.

use heapwright::prelude::*;

const BYTES: usize = (1 << 32) + 4;

#[heap_object]
struct Padded {
    hole: Padding<BYTES>,
}

const _: () = assert!(Padded::SIZE < 100 && size_of::<Padded>() > 1 << 32);

fn main() {}
