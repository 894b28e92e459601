//! To say that something initialises a class is unsafe.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

struct Fake;

impl heapwright::Init<Point, ()> for Fake {
    unsafe fn write(self, _: heapwright::tagged::ObjectAddress) {}
}

fn main() {}
