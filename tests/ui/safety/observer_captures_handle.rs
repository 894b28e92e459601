//! An observer of stores lives as long as the isolate, and goes to other threads with it: it cannot hold handles.

use heapwright::{StoreFilter, prelude::*};

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack<'s>(scope: &mut HandleScope<'s>, point: Handle<'s, Point>) {
    let _ = scope.observe_stores(StoreFilter::all(), move |_| {
        let _held = point;
    });
}

fn main() {}
