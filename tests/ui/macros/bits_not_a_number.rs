//! The number of bits is a literal.

use heapwright::prelude::*;

#[bitfield(u32)]
struct Flags {
    #[bits(four)]
    low: u8,
}

fn main() {}
