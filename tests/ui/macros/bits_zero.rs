//! A field of no bits holds nothing.

use heapwright::prelude::*;

#[bitfield(u32)]
struct Flags {
    #[bits(0)]
    nothing: u8,
}

fn main() {}
