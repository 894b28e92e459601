//! What is nested is a bit field.

use heapwright::prelude::*;

struct Pair(u8);

#[bitfield(u32)]
struct Flags {
    #[bits(4, nested)]
    pair: Pair,
    #[bits(4, nested)]
    pairs: [Pair; 2],
}

fn main() {}
