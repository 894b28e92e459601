//! Which class to extend?

use heapwright::prelude::*;

#[heap_object(extends)]
struct Circle {
    radius: Smi,
}

fn main() {}
