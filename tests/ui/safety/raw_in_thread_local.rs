//! A thread-local cell that could keep a reference does not get one.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

thread_local! {
    static KEPT: std::cell::Cell<Option<&'static Point>> = const { std::cell::Cell::new(None) };
}

fn attack(scope: &HandleScope<'_>, point: Handle<'_, Point>) {
    KEPT.set(Some(point.get(scope)));
}

fn main() {}
