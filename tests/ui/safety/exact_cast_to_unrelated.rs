//! A class that is not below the one at hand cannot be what the object is.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
}

#[heap_object]
struct Other {
    y: Smi,
}

fn f(point: &Point) -> Option<&Other> {
    point.try_cast_exact::<Other>()
}

fn main() {}
