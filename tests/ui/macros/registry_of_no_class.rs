//! Only classes are registered.

use heapwright::prelude::*;

struct Plain;

heap_classes! {
    static CLASSES = [Plain];
}

fn main() {}
