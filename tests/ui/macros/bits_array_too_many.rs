//! All elements of an array count.

use heapwright::prelude::*;

#[bitfield(u8)]
struct Flags {
    #[bits(3)]
    a: [u8; 3],
}

fn main() {}
