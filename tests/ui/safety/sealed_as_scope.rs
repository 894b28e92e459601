//! There is no way from a sealed scope to one that makes handles.

use heapwright::prelude::*;
use heapwright::SealedScope;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack<'s>(sealed: SealedScope<'_, 's>, point: Handle<'_, Point>) -> Handle<'s, Point> {
    let scope: &HandleScope<'s> = &sealed;
    scope.handle(point.get(scope))
}

fn main() {}
