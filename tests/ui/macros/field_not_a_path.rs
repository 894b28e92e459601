//! Types that have no name.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    array: [u8; 4],
    pair: (Smi, Smi),
    reference: &'static str,
    pointer: *const u8,
    function: fn(),
    nothing: (),
}

fn main() {}
