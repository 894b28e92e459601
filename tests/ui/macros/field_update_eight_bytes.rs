//! Eight bytes have no memory order, and so no swap.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    #[seq_cst(swap)]
    x: u64,
}

fn main() {}
