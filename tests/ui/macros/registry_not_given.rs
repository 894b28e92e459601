//! What the builder takes is a registry.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
}

fn main() {
    let _ = Isolate::builder().classes(&[Point]).build();
}


