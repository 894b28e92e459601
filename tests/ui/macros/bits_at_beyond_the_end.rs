//! A place beyond the storage.

use heapwright::prelude::*;

#[bitfield(u8)]
struct Flags {
    #[bits(2, at = 7)]
    mode: u8,
}

fn main() {}
