//! Two fields that would make one setter.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    set_x: Smi,
}

fn main() {}
