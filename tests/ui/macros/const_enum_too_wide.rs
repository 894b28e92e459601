//! An enum whose largest value has more bits than its field. A macro sees no other item: the proof runs as a
//! constant.

use heapwright::prelude::*;

#[derive(BitEnum, Clone, Copy)]
#[repr(u8)]
enum Colour {
    Red,
    Green = 4,
}

#[bitfield(u32)]
struct Flags {
    #[bits(2)]
    colour: Colour,
}

fn main() {}
