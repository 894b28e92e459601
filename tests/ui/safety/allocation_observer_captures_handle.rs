//! An observer of allocations outlives every scope, and runs where objects are not whole: it cannot keep a handle.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
}

fn attack(scope: &mut HandleScope<'_>) {
    let point = Point::new(scope, PointInit { x: 1 });
    scope.add_allocation_observer(1, move |_| {
        let kept = point;
        drop(kept);
    });
}

fn main() {}
