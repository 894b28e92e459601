//! An enum in a bit field derives `BitEnum`.

use heapwright::prelude::*;

#[derive(Clone, Copy)]
enum Colour {
    Red,
    Green,
}

#[bitfield(u32)]
struct Flags {
    #[bits(1)]
    colour: Colour,
}

fn main() {}
