//! `swap` and `compare_exchange` are setters.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    #[constant]
    #[seq_cst(swap, compare_exchange)]
    x: Smi,
}

fn main() {}
