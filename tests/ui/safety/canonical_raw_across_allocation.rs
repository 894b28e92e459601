//! A canonical scope moves objects as any scope does.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) -> i32 {
    let mut scope = scope.canonical();
    let raw = scope.canonicalize(point).get(&scope);
    Point::new(&mut scope, PointInit { x: 1, next: Nil });
    raw.x()
}

fn main() {}
