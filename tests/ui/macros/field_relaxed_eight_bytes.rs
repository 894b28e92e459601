//! Eight raw bytes are not atomic.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    #[relaxed]
    x: u64,
}

fn main() {}
