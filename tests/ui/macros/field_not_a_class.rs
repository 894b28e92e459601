//! What stands in `Tagged` must be a class.

use heapwright::prelude::*;

struct Plain;

#[heap_object]
struct Point {
    x: Tagged<Plain>,
}

fn main() {}
