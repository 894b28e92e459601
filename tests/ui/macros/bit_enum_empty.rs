//! An enum without variants has no bits.

use heapwright::prelude::*;

#[derive(BitEnum, Clone, Copy)]
#[repr(u8)]
enum Colour {}

fn main() {}
