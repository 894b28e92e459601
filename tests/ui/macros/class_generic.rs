//! A class has one layout.

use heapwright::prelude::*;

#[heap_object]
struct Pair<T> {
    first: Tagged<T>,
}

fn main() {}
