//! A class that traces itself says how, and is not asked to if it has nothing but declared fields.

use heapwright::prelude::*;

#[heap_object(trace = custom)]
struct Frame {
    x: Smi,
}

fn main() {}
