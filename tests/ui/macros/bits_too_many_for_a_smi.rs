//! A Smi has 31 bits for a bit field.

use heapwright::prelude::*;

#[bitfield(u31)]
struct Flags {
    #[bits(16)]
    low: u16,
    #[bits(16)]
    high: u16,
}

fn main() {}
