//! A reference cannot be put aside where it outlives the next allocation.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) -> i32 {
    let mut kept: Vec<&Point> = Vec::new();
    for _ in 0..2 {
        kept.push(point.get(scope));
        Point::new(scope, PointInit { x: 1, next: Nil });
    }
    kept[0].x()
}

fn main() {}
