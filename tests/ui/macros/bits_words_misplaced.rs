//! Words that say what the bits hold, where they hold something else.

use heapwright::prelude::*;

#[bitfield(u32)]
struct Flags {
    #[bits(2, ignored)]
    a: u8,
    #[bits(2, flags)]
    b: u8,
    #[bits(2, nested, flags)]
    c: Other,
    #[bits(2, flags)]
    __: (),
    #[bits(2, ignore)]
    __: (),
}

fn main() {}
