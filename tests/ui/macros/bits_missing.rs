//! An integer's bits must be counted.

use heapwright::prelude::*;

#[bitfield(u32)]
struct Flags {
    low: u8,
}

fn main() {}
