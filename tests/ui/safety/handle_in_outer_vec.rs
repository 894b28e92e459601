//! A handle of an inner scope cannot be kept in a vector that the next iteration reads.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>) {
    let mut kept = Vec::new();
    for _ in 0..2 {
        let mut inner = scope.nested();
        kept.push(Point::new(&mut inner, PointInit { x: 1, next: Nil }));
    }
}

fn main() {}
