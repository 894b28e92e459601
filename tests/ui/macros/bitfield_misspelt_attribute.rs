//! An attribute that does not exist, and the one that was meant.

use heapwright::prelude::*;

#[bitfield(u32)]
struct Flags {
    #[bit(4)]
    low: u8,
}

fn main() {}
