//! Two fields that would make one function.

use heapwright::prelude::*;

#[bitfield(u32)]
struct Flags {
    #[bits(4)]
    low: u8,
    #[bits(4)]
    set_low: u8,
    #[bits(4)]
    low: u8,
}

fn main() {}
