//! One handle escapes from a scope. In V8 the second one is a crash.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(outer: &mut HandleScope<'_>) {
    let (mut inner, escape) = outer.escapable();
    let a = Point::new(&mut inner, PointInit { x: 1, next: Nil });
    let b = Point::new(&mut inner, PointInit { x: 1, next: Nil });
    escape.escape(&inner, a);
    escape.escape(&inner, b);
}

fn main() {}
