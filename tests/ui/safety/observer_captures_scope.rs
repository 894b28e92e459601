//! An observer of stores gets no scope: it cannot allocate, nor read handles.

use heapwright::{StoreFilter, prelude::*};

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>) {
    let observed = scope.observe_stores(StoreFilter::all(), |_| {
        Point::new(scope, PointInit { x: 1, next: Nil });
    });
    drop(observed);
}

fn main() {}
