//! An isolate outlives its scopes.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(mut isolate: Isolate) {
    let scope = isolate.enter();
    drop(isolate);
    drop(scope);
}

fn main() {}
