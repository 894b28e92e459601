//! A condition is a `bool`.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    #[checked(get = self.y())]
    x: Smi,
    #[checked(set = value)]
    y: Smi,
}

fn main() {}
