//! A weak field refers to objects of one class.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    any: Weak<Any>,
    optional: Weak<Option<Point>>,
    several: Weak<(Point, Smi)>,
}

fn main() {}
