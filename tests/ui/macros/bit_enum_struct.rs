//! A struct is no `BitEnum`.

use heapwright::prelude::*;

#[derive(BitEnum, Clone, Copy)]
struct Colour {
    red: u8,
}

fn main() {}
