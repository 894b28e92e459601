//! An integer has no named bits.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    flags: Bits<u32>,
    more: SmiBits<Smi>,
}

fn main() {}
