//! A slot outlives every scope, so it cannot hold what borrows one: not a reference, not a handle. `Global` can.

use heapwright::{isolate_slots, prelude::*};

#[heap_object]
struct Point {
    x: Smi,
}

isolate_slots! {
    static SLOTS, accessors in MySlots;
    origin: Option<Handle<'static, Point>> = None,
    raw: Option<&'static Point> = None,
    kept: Option<Global<Point>> = None,
}

fn main() {}
