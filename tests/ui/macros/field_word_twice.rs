//! A word is said once, and alone.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    #[constant]
    #[constant]
    x: Smi,
    #[constant(true)]
    y: Smi,
}

fn main() {}
