//! In the parentheses of a memory order stand `swap` and `compare_exchange`.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    #[relaxed(swap, cas)]
    x: Smi,
    #[acquire_release(swpa)]
    y: Smi,
    #[seq_cst(fetch_add)]
    z: Smi,
}

fn main() {}
