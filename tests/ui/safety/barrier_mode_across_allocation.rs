//! A barrier mode ends where the reference to its object ends: a collection may make the object old.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) {
    let mode = point.get(scope).write_barrier_mode();
    let other = Point::new(scope, PointInit { x: 1, next: Nil });
    point.get(scope).set_next(WithMode(other, mode));
}

fn main() {}
