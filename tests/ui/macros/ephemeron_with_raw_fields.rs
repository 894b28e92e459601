//! The fields of an ephemeron are tagged: a number is a Smi.
use heapwright::prelude::*;

#[heap_object]
pub struct Item {}

#[heap_struct(ephemeron)]
pub struct Entry {
    key: Weak<Item>,
    hash: u32,
    value: Tagged<Option<Item>>,
}

fn main() {}
