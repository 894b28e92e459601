//! A view of a struct in an object is a reference into the object, which may move.

use heapwright::prelude::*;

#[heap_struct]
struct Entry {
    key: Tagged<Any>,
    details: Smi,
}

#[heap_object]
struct Table {
    #[constant]
    length: Smi,
    first: Inline<Entry>,
    #[length = length]
    entries: [Inline<Entry>],
}

fn attack(scope: &mut HandleScope<'_>, table: Handle<'_, Table>) -> i32 {
    let first = table.get(scope).first();
    let entry = table.get(scope).entries(0);
    scope.collect(CollectionKind::Young);
    entry.set_details(1);
    first.details()
}

fn main() {}
