//! Padding says how many bytes it has, and has no accessors.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    some: Padding,
    #[constant]
    more: Padding<4>,
}

fn main() {}
