//! Raw structs are padded by hand, at their end too, as the next element follows.
use heapwright::prelude::*;

#[heap_struct]
pub struct Range {
    start: u32,
    is_open: bool,
}

#[heap_struct]
pub struct Late {
    is_open: bool,
    start: u32,
}

fn main() {}
