//! The same in a union.

use heapwright::prelude::*;

struct Plain;

#[heap_object]
struct Point {
    x: Tagged<(Point, Plain)>,
}

fn main() {}
