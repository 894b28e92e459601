//! A constant field is never stored into.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    #[observed]
    #[constant]
    x: Smi,
}

fn main() {}
