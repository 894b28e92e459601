//! A handle does not get the lifetime `'static`: globals are for that.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack<'s>(scope: &mut HandleScope<'s>) -> Handle<'static, Point> {
    Point::new(scope, PointInit { x: 1, next: Nil })
}

fn main() {}
