//! A `cfg` stands above the macro.

use heapwright::prelude::*;

#[heap_object]
#[cfg(unix)]
struct Point {
    x: Smi,
}

fn main() {}
