//! Padding, elements and structs have no defaults, nor has what counts elements.
use heapwright::prelude::*;

#[heap_struct]
pub struct Position {
    #[default = 0]
    start: Smi,
}

#[heap_object]
pub struct Script {
    position: Inline<Position>,
    #[default = 0]
    padding: OptionalPadding<8>,
    #[default = 4]
    #[constant]
    length: Smi,
    #[default = 7]
    #[length = length]
    elements: [Tagged<Any>],
}

fn main() {}
