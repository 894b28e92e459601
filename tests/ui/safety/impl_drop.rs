//! Objects are freed without running code, so a class cannot implement `Drop`.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

impl Drop for Point {
    fn drop(&mut self) {}
}

fn main() {}
