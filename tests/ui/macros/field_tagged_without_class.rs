//! Tagged of what?

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Tagged,
    y: Tagged<Point, Point>,
    z: Weak<'static>,
}

fn main() {}
