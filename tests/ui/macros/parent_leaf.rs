//! A class is a leaf unless it says otherwise.

use heapwright::prelude::*;

#[heap_object]
struct Shape {
    area: Smi,
}

#[heap_object(extends = Shape)]
struct Circle {
    radius: Smi,
}

fn main() {}
