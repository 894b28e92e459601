//! A class without instances has no number of its own.

use heapwright::prelude::*;

#[heap_object(abstract, instance_type = 204)]
struct Shape {
    area: Smi,
}

fn main() {}
