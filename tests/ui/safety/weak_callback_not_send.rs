//! Weak callbacks are `Send`: the isolate moves between threads, and weak globals are dropped on any.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &HandleScope<'_>, point: Handle<'_, Point>) -> WeakGlobal<Point> {
    let count = std::rc::Rc::new(std::cell::Cell::new(0));
    WeakGlobal::with_callback(scope, point, move |_| count.set(count.get() + 1))
}

fn main() {}
