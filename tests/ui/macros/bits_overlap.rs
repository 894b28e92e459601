//! Fields that say where they begin, and share bits: both are shown, the bits are named, and free ones.

use heapwright::prelude::*;

#[bitfield(u16)]
struct Flags {
    #[bits(4, at = 2)]
    mode: u8,
    #[bits(3, at = 4)]
    level: u8,
    #[bits(6, at = 8)]
    count: u8,
    #[bits(2, at = 6)]
    low: u8,
    high: bool,
}

fn main() {}
