//! Each once.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
}

heap_classes! {
    static CLASSES = [Point, Point];
}

fn main() {}
