//! A closure that captures a reference borrows the scope for as long as it lives.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) -> i32 {
    let raw = point.get(scope);
    let read = || raw.x();
    Point::new(scope, PointInit { x: 1, next: Nil });
    read()
}

fn main() {}
