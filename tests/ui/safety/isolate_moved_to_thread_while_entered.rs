//! An isolate goes to another thread only when no scope of it lives.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(mut isolate: Isolate) {
    let scope = isolate.enter();
    std::thread::spawn(move || drop(isolate));
    drop(scope);
}

fn main() {}
