//! `Inline` takes a struct; an object is referred to.
use heapwright::prelude::*;

#[heap_object]
pub struct Position {
    start: Smi,
}

#[heap_object]
pub struct Info {
    position: Inline<Position>,
}

fn main() {}
