//! What a fresh object proves ends with its reservation.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) {
    let mode = {
        let memory = scope.reserve(Point::SIZE).unwrap();
        memory.fresh(PointInit { x: 1, next: Nil }).mode()
    };
    scope.collect(CollectionKind::Full);
    point.get(scope).set_next(WithMode(point, mode));
}

fn main() {}
