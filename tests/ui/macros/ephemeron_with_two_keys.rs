//! One key keeps the values of an ephemeron alive, and its values are strong.
use heapwright::prelude::*;

#[heap_object]
pub struct Item {}

#[heap_struct(ephemeron)]
pub struct Pair {
    key: Weak<Item>,
    other: Weak<Item>,
    value: Tagged<Option<Item>>,
}

#[heap_struct(ephemeron)]
pub struct Perhaps {
    key: Weak<Item>,
    value: Tagged<(Weak<Item>, Smi)>,
}

fn main() {}
