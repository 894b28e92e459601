//! Without a function that sets them, all roots have their values in the list.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
}

heapwright::heap_roots! {
    static ROOTS, keys in root, getters in MyRoots;
    limit: Smi = 3,
    depth: Smi,
    origin: Point,
}

fn main() {}
