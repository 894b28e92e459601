//! A scope is invariant in its lifetime: were it to shorten, a short-lived handle could be passed for a long-lived
//! one.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack<'long: 'short, 'short>(scope: HandleScope<'long>) -> HandleScope<'short> {
    scope
}

fn main() {}
