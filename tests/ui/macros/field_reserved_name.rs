//! Names that every object has already.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    map: Smi,
    new: Smi,
    cast: Smi,
    parent: Smi,
    __hidden: Smi,
}

fn main() {}
