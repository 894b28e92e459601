//! An argument that does not exist, and the one that was meant.

use heapwright::prelude::*;

#[heap_object(extend = HeapObject)]
struct Point {
    x: Smi,
}

#[heap_object(parent = HeapObject)]
struct Other {
    x: Smi,
}

#[heap_object(sealed)]
struct Third {
    x: Smi,
}

fn main() {}
