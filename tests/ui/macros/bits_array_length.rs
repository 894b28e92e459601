//! The number of elements is a literal, and not 0; the number of bits is that of one element.

use heapwright::prelude::*;

const LEN: usize = 3;

#[bitfield(u32)]
struct Flags {
    #[bits(3)]
    a: [u8; LEN],
    #[bits(3)]
    b: [u8; 0],
    c: [u8; 2],
    #[bits(9)]
    d: [u8; 2],
    #[bits(2)]
    e: [[u8; 2]; 2],
}

fn main() {}
