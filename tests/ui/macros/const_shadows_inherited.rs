//! A field with the name of an inherited one would hide it.

use heapwright::prelude::*;

#[heap_object(open)]
struct Shape {
    area: Smi,
}

#[heap_object(extends = Shape)]
struct Circle {
    area: Smi,
}

fn main() {}
