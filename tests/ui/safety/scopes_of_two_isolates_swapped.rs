//! Scopes of two isolates have two lifetimes.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(a: &mut HandleScope<'_>, b: &mut HandleScope<'_>) {
    std::mem::swap(a, b);
}

fn main() {}
