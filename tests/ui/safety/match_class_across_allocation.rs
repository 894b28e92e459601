//! What an arm binds is a reference like any other.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
}

fn f(scope: &mut HandleScope<'_>, value: Handle<'_, Any>) -> i32 {
    match_class!(match value.get(scope) {
        Point(point) => {
            scope.collect(CollectionKind::Full);
            point.x()
        }
        _ => 0,
    })
}

fn main() {}
