//! Its type is known.

use heapwright::prelude::*;

heap_classes! {
    static CLASSES: ClassRegistry = [];
}

fn main() {}
