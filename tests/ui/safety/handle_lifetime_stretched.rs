//! A handle's lifetime shortens and never stretches.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack<'long, 'short>(point: Handle<'short, Point>, _: &HandleScope<'long>) -> Handle<'long, Point> {
    point
}

fn main() {}
