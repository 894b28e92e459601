//! There are conditions of reading and of storing.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    #[checked(got = true, sets = value > 0)]
    x: Smi,
}

fn main() {}
