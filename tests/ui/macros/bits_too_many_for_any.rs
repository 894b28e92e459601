//! No storage is wider than 64 bits.

use heapwright::prelude::*;

#[bitfield(u64)]
struct Flags {
    #[bits(40)]
    low: u64,
    #[bits(40)]
    high: u64,
}

fn main() {}
