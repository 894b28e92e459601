//! What a persistent handle refers to may move.

use heapwright::prelude::*;
use heapwright::{PersistentHandle, PersistentHandles};

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, handles: &PersistentHandles, point: PersistentHandle<Point>) -> i32 {
    let raw = handles.get(scope, point);
    Point::new(scope, PointInit { x: 1, next: Nil });
    raw.x()
}

fn main() {}
