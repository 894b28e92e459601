//! A reference that is read in an inner scope does not get out of it.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) -> i32 {
    let kept;
    {
        let inner = scope.nested();
        kept = point.get(&inner);
    }
    kept.x()
}

fn main() {}
