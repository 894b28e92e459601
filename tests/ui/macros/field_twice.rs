//! Two fields of one name.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    x: Smi,
}

fn main() {}
