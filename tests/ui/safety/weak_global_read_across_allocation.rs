//! Reading a weak global keeps its referent only until the next collection.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, kept: &WeakGlobal<Point>) -> Option<i32> {
    let raw = kept.get(scope)?;
    scope.collect(CollectionKind::Full);
    Some(raw.x())
}

fn main() {}
