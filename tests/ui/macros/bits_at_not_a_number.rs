//! The macro checks overlaps, so it must know the place.

use heapwright::prelude::*;

const MODE: u32 = 3;

#[bitfield(u8)]
struct Flags {
    #[bits(2, at = MODE)]
    mode: u8,
    #[bits(2, at)]
    level: u8,
    #[bits(2, at = 5, at = 6)]
    count: u8,
}

fn main() {}
