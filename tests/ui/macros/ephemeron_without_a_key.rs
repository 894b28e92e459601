//! An ephemeron begins with its key, which is weak.
use heapwright::prelude::*;

#[heap_object]
pub struct Item {}

#[heap_struct(ephemeron)]
pub struct Keyless {
    key: Tagged<Option<Item>>,
    value: Tagged<Option<Item>>,
}

#[heap_struct(ephemeron)]
pub struct Late {
    value: Tagged<Option<Item>>,
    key: Weak<Item>,
}

fn main() {}
