//! The outer scope does not end before the inner one.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(isolate: &mut Isolate) {
    let mut outer = isolate.enter();
    let inner = outer.nested();
    drop(outer);
    drop(inner);
}

fn main() {}
