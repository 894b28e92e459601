//! What an eternal handle refers to may move; only the handle itself is for ever.

use heapwright::prelude::*;
use heapwright::Eternal;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, eternal: Eternal<Point>) -> i32 {
    let raw = eternal.get(scope);
    Point::new(scope, PointInit { x: 1, next: Nil });
    raw.x()
}

fn main() {}
