//! A field has one memory order; the parentheses say which accessors it has besides.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    #[relaxed(swap)]
    #[seq_cst(compare_exchange)]
    x: Smi,
}

fn main() {}
