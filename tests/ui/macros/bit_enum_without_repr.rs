//! An enum says how wide it is.

use heapwright::prelude::*;

#[derive(BitEnum, Clone, Copy)]
enum Colour {
    Red,
    Green,
}

fn main() {}
