//! A `bool` has one bit.

use heapwright::prelude::*;

#[bitfield(u32)]
struct Flags {
    #[bits(2)]
    hot: bool,
}

fn main() {}
