//! A class cannot extend itself.

use heapwright::prelude::*;

#[heap_object(extends = Shape)]
struct Shape {
    area: Smi,
}

fn main() {}
