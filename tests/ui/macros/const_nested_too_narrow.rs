//! More bits than the nested bit field has: the rest could never be read.

use heapwright::prelude::*;

#[bitfield(u8)]
struct Inner {
    #[bits(6)]
    low: u8,
}

#[bitfield(u32)]
struct Outer {
    #[bits(9, nested)]
    inner: Inner,
}

fn main() {}
