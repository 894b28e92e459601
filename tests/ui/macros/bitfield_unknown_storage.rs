//! A storage that does not exist.

use heapwright::prelude::*;

#[bitfield(u24)]
struct Flags {
    #[bits(4)]
    low: u8,
}

fn main() {}
