//! A class is a struct.

use heapwright::prelude::*;

#[heap_object]
enum Shape {
    Circle,
    Square,
}

fn main() {}
