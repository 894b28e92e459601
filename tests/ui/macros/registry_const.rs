//! A registry is a static.

use heapwright::prelude::*;

heap_classes! {
    const CLASSES = [];
}

fn main() {}
