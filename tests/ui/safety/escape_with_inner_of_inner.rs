//! Nor is a scope further inside the one that the right to escape was made with.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(outer: &mut HandleScope<'_>) {
    let (mut inner, escape) = outer.escapable();
    let mut innermost = inner.nested();
    let point = Point::new(&mut innermost, PointInit { x: 1, next: Nil });
    escape.escape(&innermost, point);
    drop(innermost);
    Point::new(&mut inner, PointInit { x: 1, next: Nil });
}

fn main() {}
