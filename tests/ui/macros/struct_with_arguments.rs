//! A struct in an object is no class: it extends nothing.
use heapwright::prelude::*;

#[heap_struct(extends = HeapObject)]
pub struct Entry {
    key: Tagged<Any>,
}

fn main() {}
