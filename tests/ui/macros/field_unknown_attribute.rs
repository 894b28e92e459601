//! An attribute that does not exist, and the one that was meant.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    #[constnat]
    x: Smi,
    #[aquire_release]
    y: Smi,
    #[atomic]
    z: Smi,
}

fn main() {}
