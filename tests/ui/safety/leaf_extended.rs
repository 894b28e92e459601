//! A class is a leaf unless it says otherwise: a cast to it is one compare.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

#[heap_object(extends = Point)]
struct Point3 {
    z: Smi,
}

fn main() {}
