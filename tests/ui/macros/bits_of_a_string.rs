//! What cannot stand in a bit field.

use heapwright::prelude::*;

#[bitfield(u32)]
struct Flags {
    #[bits(4)]
    name: String,
    #[bits(4)]
    pair: (u8, u8),
}

fn main() {}
