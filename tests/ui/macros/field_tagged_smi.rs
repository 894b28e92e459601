//! A field that is always a Smi has a shorter name.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Tagged<Smi>,
}

fn main() {}
