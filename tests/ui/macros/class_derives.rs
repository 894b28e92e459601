//! A class cannot derive.

use heapwright::prelude::*;

#[heap_object]
#[derive(Clone, Debug)]
struct Point {
    x: Smi,
}

fn main() {}
