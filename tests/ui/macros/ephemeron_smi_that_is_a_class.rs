//! What the collector stores in a dead key's values is of the fields' types, whatever they are called.
use heapwright::prelude::{HeapObject, heap_object, heap_struct};

#[heap_object]
pub struct Smi {}

#[heap_object]
pub struct Item {}

#[heap_struct(ephemeron)]
pub struct Entry {
    key: Weak<HeapObject>,
    value: Tagged<(Item, Smi)>,
}

fn main() {}
