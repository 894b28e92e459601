//! The proof that the inner scope lives is the scope itself.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(outer: &mut HandleScope<'_>) {
    let (mut inner, escape) = outer.escapable();
    let point = Point::new(&mut inner, PointInit { x: 1, next: Nil });
    drop(inner);
    escape.escape(&inner, point);
}

fn main() {}
