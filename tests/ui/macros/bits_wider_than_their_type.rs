//! A field of nine bits does not fit a `u8`.

use heapwright::prelude::*;

#[bitfield(u32)]
struct Flags {
    #[bits(9)]
    low: u8,
}

fn main() {}
