//! And only those that exist.

use heapwright::prelude::*;

heap_classes! {
    static CLASSES = [Nowhere];
}

fn main() {}
