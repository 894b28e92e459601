//! A class alone does not say how strong the reference is.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    next: Point,
}

fn main() {}
