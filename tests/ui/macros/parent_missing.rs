//! The class above must exist.

use heapwright::prelude::*;

#[heap_object(extends = Shape)]
struct Circle {
    radius: Smi,
}

fn main() {}
