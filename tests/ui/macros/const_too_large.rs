//! A fixed part larger than a map can say.

use heapwright::prelude::*;

#[heap_object]
struct Page {
    bytes: Padding<9000>,
}

fn main() {}
