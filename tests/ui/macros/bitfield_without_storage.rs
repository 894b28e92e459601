//! A bit field names its storage.

use heapwright::prelude::*;

#[bitfield]
struct Flags {
    #[bits(4)]
    low: u8,
}

fn main() {}
