//! An eternal handle of one class is none of another.

use heapwright::prelude::*;
use heapwright::Eternal;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

#[heap_object]
struct Other {
    x: Smi,
}

fn attack(eternal: Eternal<Point>) -> Eternal<Other> {
    eternal
}

fn main() {}
