//! An optional reference is tagged.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    next: Option<Point>,
}

fn main() {}
