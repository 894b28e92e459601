//! Persistent handles are made by their set alone.

use heapwright::prelude::*;
use heapwright::PersistentHandle;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack() -> PersistentHandle<Point> {
    PersistentHandle { set: 1, index: 0, _type: std::marker::PhantomData }
}

fn main() {}
