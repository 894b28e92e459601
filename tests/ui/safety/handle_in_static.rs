//! A static needs `Sync`, which no handle is.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

static KEPT: std::sync::Mutex<Option<Handle<'static, Point>>> = std::sync::Mutex::new(None);

fn main() {}
