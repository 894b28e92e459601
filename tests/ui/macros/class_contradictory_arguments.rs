//! Words that contradict each other, or stand twice.

use heapwright::prelude::*;

#[heap_object(open, abstract)]
struct Shape {
    area: Smi,
}

#[heap_object(open, open)]
struct Twice {
    area: Smi,
}

#[heap_object(extends = Twice, extends = Shape)]
struct Child {}

fn main() {}
