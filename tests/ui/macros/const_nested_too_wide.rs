//! A bit field that does not fit the bits it is nested in.

use heapwright::prelude::*;

#[bitfield(u8)]
struct Inner {
    #[bits(6)]
    low: u8,
}

#[bitfield(u32)]
struct Outer {
    #[bits(4, nested)]
    inner: Inner,
}

fn main() {}
