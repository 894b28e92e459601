//! Two isolates cannot change places under their scopes.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(a: &mut Isolate, b: &mut Isolate) {
    let scope = a.enter();
    std::mem::swap(a, b);
    drop(scope);
}

fn main() {}
