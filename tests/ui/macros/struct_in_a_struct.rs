//! Structs do not nest.
use heapwright::prelude::*;

#[heap_struct]
pub struct Position {
    start: Smi,
}

#[heap_struct]
pub struct Entry {
    position: Inline<Position>,
}

fn main() {}
