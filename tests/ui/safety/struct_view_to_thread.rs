//! A view of a struct is not `Send`: another thread could enter another isolate and store its references here.

use heapwright::prelude::*;

#[heap_struct]
struct Entry {
    number: u32,
}

#[heap_object]
struct Table {
    first: Inline<Entry>,
    padding: OptionalPadding<4>,
}

fn attack(table: &Table) {
    let first = table.first();
    std::thread::scope(|threads| {
        threads.spawn(move || first.set_number(1));
    });
}

fn main() {}
