//! An enum in a bit field derives `BitEnum`.

use heapwright::prelude::*;

#[derive(Clone, Copy)]
enum Colour {
    Red,
    Green,
}

enum Shape {
    Round,
}

#[bitfield(u32)]
struct Flags {
    #[bits(1)]
    colour: Colour,
    #[bits(1)]
    shapes: [Shape; 3],
}

fn main() {}
