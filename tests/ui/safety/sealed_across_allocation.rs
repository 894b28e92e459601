//! A sealed scope borrows the scope: nothing is allocated while it is used.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) -> i32 {
    let sealed = scope.sealed();
    Point::new(scope, PointInit { x: 1, next: Nil });
    sealed.get(point).x()
}

fn main() {}
