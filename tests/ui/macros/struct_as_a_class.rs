//! A struct has no identity: nothing refers to it.
use heapwright::prelude::*;

#[heap_struct]
pub struct Position {
    start: Smi,
}

#[heap_object]
pub struct Info {
    position: Tagged<Position>,
}

fn main() {}
