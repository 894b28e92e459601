//! Every object names the value of every field.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi = 0,
}

fn main() {}
