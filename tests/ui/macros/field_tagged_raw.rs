//! Raw bytes are not tagged.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Tagged<u32>,
    y: Tagged<(Point, f64)>,
}

fn main() {}
