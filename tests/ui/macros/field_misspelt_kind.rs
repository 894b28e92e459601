//! A kind of field that was misspelt.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    next: Taged<Point>,
    x: Smy,
    y: u23,
}

fn main() {}
