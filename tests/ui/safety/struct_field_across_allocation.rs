//! What is read through a view of a struct lives no longer than the object.

use heapwright::prelude::*;

#[heap_struct]
struct Entry {
    key: Tagged<Table>,
    value: Weak<Table>,
}

#[heap_object]
struct Table {
    first: Inline<Entry>,
}

fn attack(scope: &mut HandleScope<'_>, table: Handle<'_, Table>) -> usize {
    let first = table.get(scope).first();
    let key = first.key();
    let value = first.value();
    scope.collect(CollectionKind::Young);
    key.as_heap_object().size() + value.map_or(0, |value| value.as_heap_object().size())
}

fn main() {}
