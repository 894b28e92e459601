//! `#[checked]` says what is checked.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    #[checked]
    x: Smi,
}

fn main() {}
