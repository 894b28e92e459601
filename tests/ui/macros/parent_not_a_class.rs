//! Only a class can be extended.

use heapwright::prelude::*;

struct Shape;

#[heap_object(extends = Shape)]
struct Circle {
    radius: Smi,
}

fn main() {}
