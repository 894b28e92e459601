//! Not even to read: the inner scope reads all handles of the outer one.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) -> i32 {
    let inner = scope.nested();
    let x = point.get(scope).x();
    drop(inner);
    x
}

fn main() {}
