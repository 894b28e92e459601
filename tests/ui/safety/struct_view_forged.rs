//! A struct's cells cannot be made outside an object, nor a view of them.

use heapwright::StructRef;
use heapwright::prelude::*;

#[heap_struct]
struct Entry {
    number: u32,
}

fn copy(entry: &Entry) -> Entry {
    *entry
}

fn attack(entry: &Entry, object: &HeapObject) {
    let forged = StructRef { host: object, cells: entry };
    let made = Entry::default();
}

fn main() {}
