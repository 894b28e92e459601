//! A default is a value that the field takes.
use heapwright::prelude::*;

#[heap_object]
pub struct Text {}

#[heap_object]
pub struct Script {
    #[default = Nil]
    source: Tagged<Text>,
    #[default = true]
    line: Smi,
    #[default = 1.5]
    id: u32,
}

fn main() {}
