//! A bit field with more bits than its storage: the message says which field, how many, and what would do.

use heapwright::prelude::*;

#[bitfield(u8)]
struct Flags {
    #[bits(5)]
    low: u8,
    #[bits(4)]
    high: u8,
    #[bits(1)]
    last: bool,
}

fn main() {}
