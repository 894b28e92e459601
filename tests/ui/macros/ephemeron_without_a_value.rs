//! A key alone keeps nothing alive.
use heapwright::prelude::*;

#[heap_object]
pub struct Item {}

#[heap_struct(ephemeron)]
pub struct Entry {
    key: Weak<Item>,
    hash: Smi,
}

fn main() {}
