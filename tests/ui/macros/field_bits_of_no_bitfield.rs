//! What stands in `Bits` is a bit field.

use heapwright::prelude::*;

struct Plain;

#[heap_object]
struct Point {
    flags: Bits<Plain>,
}

fn main() {}
