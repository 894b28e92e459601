//! A field has one memory order.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    #[relaxed]
    #[acquire_release]
    x: Smi,
}

fn main() {}
