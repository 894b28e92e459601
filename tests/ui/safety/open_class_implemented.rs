//! Who may extend a class is not for others to say: were a leaf opened by hand, `is::<Leaf>()` would say no of an object
//! that is statically a `Leaf`.

use heapwright::prelude::*;

#[heap_object]
struct Leaf {
    x: Smi,
}

impl heapwright::OpenClass for Leaf {}

#[heap_object(extends = Leaf)]
struct Below {
    y: Smi,
}

fn main() {}
