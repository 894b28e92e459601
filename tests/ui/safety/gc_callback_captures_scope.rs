//! Callbacks around collections and observers of allocations run in the middle of allocations: they cannot keep a scope
//! to allocate with.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
}

fn attack(scope: &mut HandleScope<'_>, other: &'static mut HandleScope<'static>) {
    scope.add_gc_prologue(None, move |_| {
        Point::new(other, PointInit { x: 1 });
    });
}

fn main() {}
