//! The map of a class is borrowed from the scope like everything else.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>) -> u8 {
    let map = scope.class_map::<Point>();
    Point::new(scope, PointInit { x: 1, next: Nil });
    map.visitor_id()
}

fn main() {}
