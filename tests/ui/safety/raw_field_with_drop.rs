//! A field whose type has a destructor would never be dropped.

use heapwright::prelude::*;

#[heap_object]
struct Named {
    name: String,
}



fn main() {}
