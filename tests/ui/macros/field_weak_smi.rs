//! A Smi is no reference, so it cannot be weak.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Weak<Smi>,
}

fn main() {}
