//! Handles are made by scopes alone.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack<'s>() -> Handle<'s, Point> {
    unsafe { Handle::from_slot(std::ptr::NonNull::dangling()) }
}

fn main() {}
