//! What an observer is told of may move when it has returned: it cannot be kept.

use heapwright::{StoreFilter, prelude::*};
use std::cell::Cell;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

thread_local! {
    static SEEN: Cell<Option<&'static HeapObject>> = const { Cell::new(None) };
}

fn attack(scope: &mut HandleScope<'_>) {
    let _ = scope.observe_stores(StoreFilter::all(), |store| SEEN.set(Some(store.host())));
}

fn main() {}
