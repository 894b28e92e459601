//! A class with an error is still a class: its uses do not fail as well.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    #[constnat]
    y: Smi,
    next: Tagged<Option<Point>>,
}

heap_classes! {
    static CLASSES = [Point];
}

fn use_it(scope: &mut HandleScope<'_>) -> i32 {
    let point = Point::new(scope, PointInit { x: 1, y: 2, next: Nil });
    point.get(scope).x() + point.get(scope).next().map_or(0, |next| next.y())
}

fn main() {}
