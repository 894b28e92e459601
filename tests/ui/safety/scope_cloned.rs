//! A scope is one guard, and cannot be copied.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack<'s>(scope: &HandleScope<'s>) -> HandleScope<'s> {
    scope.clone()
}

fn main() {}
