//! A weak global refers to an object: a value that may be a Smi has no life to watch.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &HandleScope<'_>, any: Handle<'_, Any>) {
    WeakGlobal::new(scope, any);
}

fn main() {}
