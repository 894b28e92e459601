//! The macro makes a class `repr(C)`.

use heapwright::prelude::*;

#[heap_object]
#[repr(packed)]
struct Point {
    x: Smi,
}

fn main() {}
