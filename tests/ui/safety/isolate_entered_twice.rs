//! An isolate is entered once at a time.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(isolate: &mut Isolate) {
    let first = isolate.enter();
    let second = isolate.enter();
    drop((first, second));
}

fn main() {}
