//! Only a reservation makes fresh objects: others may be old, and need their barrier.

use heapwright::{Fresh, prelude::*};

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack<'r>(point: &'r Point) -> Fresh<'r, Point> {
    Fresh { object: point }
}

fn main() {}
