//! What the iterator over all objects returns dies when something may be collected, and so does the iterator.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
}

fn keep_object(scope: &mut HandleScope<'_>) -> i32 {
    let point = scope.heap_objects().instances_of::<Point>().next().unwrap();
    scope.collect(CollectionKind::Young);
    point.x()
}

fn keep_iterator(scope: &mut HandleScope<'_>) {
    for object in scope.heap_objects() {
        scope.collect(CollectionKind::Full);
        object.size();
    }
}

fn main() {}
