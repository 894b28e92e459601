//! A constant field has no setter to check.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    #[constant]
    #[checked(get = self.y() > 0, set = value > 0)]
    x: Smi,
    y: Smi,
}

fn main() {}
