//! An object lives until nothing refers to it.

use heapwright::prelude::*;

#[heap_object]
struct View<'a> {
    first: &'a u8,
}

fn main() {}
