//! No class is `Send` or `Sync`, not even one without fields.

use heapwright::prelude::*;

#[heap_object]
struct Empty {}

fn attack() {
    fn assert_send<T: Send>() {}
    fn assert_sync<T: Sync>() {}
    assert_send::<Empty>();
    assert_sync::<Empty>();
}

fn main() {}
