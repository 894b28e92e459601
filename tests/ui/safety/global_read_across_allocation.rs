//! What a global refers to may move; only the global itself survives.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, kept: &Global<Point>) -> i32 {
    let raw = kept.get(scope);
    Point::new(scope, PointInit { x: 1, next: Nil });
    raw.x()
}

fn main() {}
