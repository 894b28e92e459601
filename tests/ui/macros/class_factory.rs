//! A factory is there or it is not.

use heapwright::prelude::*;

#[heap_object(factory = mine)]
struct Shape {
    area: Smi,
}

fn main() {}
