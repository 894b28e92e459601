//! An inner and an outer scope are never of one type, so they cannot change places.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(outer: &mut HandleScope<'_>) {
    let mut first = outer.nested();
    let mut second = first.nested();
    std::mem::swap(&mut first, &mut second);
}

fn main() {}
