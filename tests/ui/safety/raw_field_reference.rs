//! A field is no Rust reference.

use heapwright::prelude::*;

#[heap_object]
struct Holder {
    other: &'static Holder,
}



fn main() {}
