//! A variant is a number and nothing else.

use heapwright::prelude::*;

#[derive(BitEnum, Clone, Copy)]
#[repr(u8)]
enum Colour {
    Red,
    Mixed(u8),
}

fn main() {}
