//! Bits have no sign.

use heapwright::prelude::*;

#[derive(BitEnum, Clone, Copy)]
#[repr(i8)]
enum Colour {
    Red = -1,
    Green,
}

fn main() {}
