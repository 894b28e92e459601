//! A bit field of 32 bits does not fit a Smi.

use heapwright::prelude::*;

#[bitfield(u32)]
struct Flags {
    #[bits(4)]
    low: u8,
}

#[heap_object]
struct Point {
    flags: SmiBits<Flags>,
}

fn main() {}
