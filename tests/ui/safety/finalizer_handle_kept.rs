//! A handle made in a finalizer is dead when that has returned.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &HandleScope<'_>, point: Handle<'_, Point>) {
    thread_local! {
        static KEPT: std::cell::Cell<Option<Handle<'static, Point>>> = const { std::cell::Cell::new(None) };
    }
    scope.add_finalizer(point, 1, |scope, x| KEPT.set(Some(Point::new(scope, PointInit { x, next: Nil }))));
}

fn main() {}
