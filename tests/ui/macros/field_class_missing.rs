//! The class must exist.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Tagged<Nowhere>,
}

fn main() {}
