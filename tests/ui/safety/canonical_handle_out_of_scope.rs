//! A canonical handle is dead when its scope has ended.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) -> i32 {
    let canonical = {
        let inner = scope.canonical();
        inner.canonicalize(point)
    };
    canonical.get(scope).x()
}

fn main() {}
