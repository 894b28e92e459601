//! Bits have names.

use heapwright::prelude::*;

#[bitfield(u32)]
struct Flags(u8, u8);

fn main() {}
