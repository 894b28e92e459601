//! When the key dies, there is nothing in the values.
use heapwright::prelude::*;

#[heap_object]
pub struct Item {}

#[heap_object]
pub struct Other {}

#[heap_struct(ephemeron)]
pub struct Entry {
    key: Weak<Item>,
    value: Tagged<Item>,
    union: Tagged<(Item, Other)>,
}

fn main() {}
