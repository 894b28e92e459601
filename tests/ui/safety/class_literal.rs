//! An object is made by the heap alone: its struct cannot be written, not even where it is declared.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack() -> Point {
    Point { x: 1, next: None }
}

fn main() {}
