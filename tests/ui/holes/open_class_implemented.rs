//! HOLE (not of memory): `OpenClass` and `ConcreteClass` can be implemented by hand. A leaf opened so is extended, and then
//! `is::<Leaf>()` says no of an object that is statically a `Leaf`.

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
