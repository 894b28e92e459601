//! A sealed scope makes no handles.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &HandleScope<'_>, point: Handle<'_, Point>) {
    let sealed = scope.sealed();
    sealed.handle(sealed.get(point));
}

fn main() {}
