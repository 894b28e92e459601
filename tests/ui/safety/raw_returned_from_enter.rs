//! Nor can a function that enters the isolate return one.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(isolate: &mut Isolate) -> &Point {
    let mut scope = isolate.enter();
    Point::allocate(&mut scope, PointInit { x: 1, next: Nil })
}

fn main() {}
