//! Conditions belong to fields.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    #[constant]
    length: Smi,
    #[checked(set = value > 0)]
    #[length = length]
    elements: [u32],
}

fn main() {}
