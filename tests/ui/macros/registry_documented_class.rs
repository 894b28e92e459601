//! A class is documented where it is declared.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
}

heap_classes! {
    static CLASSES = [
        /// A point.
        Point,
    ];
}

fn main() {}
