//! The same in `Weak`.

use heapwright::prelude::*;

struct Plain;

#[heap_object]
struct Point {
    x: Weak<Plain>,
}

fn main() {}
