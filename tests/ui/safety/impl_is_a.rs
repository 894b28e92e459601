//! To say that one class is below another is unsafe.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

#[heap_object]
struct Other {
    y: Smi,
}

impl heapwright::IsA<Other> for Point {}

fn main() {}
