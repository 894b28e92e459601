//! A handle of an inner scope is dead when that scope has ended.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>) -> i32 {
    let point = {
        let mut inner = scope.nested();
        Point::new(&mut inner, PointInit { x: 1, next: Nil })
    };
    point.get(scope).x()
}

fn main() {}
