//! Which fields of a struct may be written is said by the struct.
use heapwright::prelude::*;

#[heap_struct]
pub struct Position {
    start: Smi,
}

#[heap_object]
pub struct Info {
    #[constant]
    position: Inline<Position>,
    #[relaxed]
    other: Inline<Position>,
}

fn main() {}
