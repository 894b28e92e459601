//! What `cfg_attr` says would come too late.

use heapwright::prelude::*;

#[heap_object]
#[cfg_attr(all(), repr(packed))]
struct Point {
    x: Smi,
}

fn main() {}
