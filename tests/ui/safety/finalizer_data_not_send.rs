//! So is the data of a finalizer.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &HandleScope<'_>, point: Handle<'_, Point>) {
    scope.add_finalizer(point, std::rc::Rc::new(1), |_, data| drop(data));
}

fn main() {}
