//! Nor can a scope be overwritten by one inside it.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(mut outer: HandleScope<'_>) {
    outer = outer.nested();
    drop(outer);
}

fn main() {}
