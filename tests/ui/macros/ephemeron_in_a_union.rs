//! An ephemeron is a part of an object, which nothing refers to.
use heapwright::prelude::*;

#[heap_object]
pub struct Item {}

#[heap_struct(ephemeron)]
pub struct Entry {
    key: Weak<Item>,
    value: Tagged<Option<Item>>,
}

#[heap_object]
pub struct Holder {
    entry: Tagged<(Item, Entry)>,
}

fn main() {}
