//! A class is a struct.

use heapwright::prelude::*;

#[heap_object]
union Either {
    a: u32,
    b: f32,
}

fn main() {}
