//! A list that was not kept up to date: the class has another order, and no such field.

use heapwright::{field_offsets, prelude::*, tagged::TAGGED_SIZE};

#[heap_object]
struct Script {
    name: Tagged<Any>,
    source: Tagged<Any>,
}

field_offsets! {
    from TAGGED_SIZE, as in Script;
    source: TAGGED_SIZE,
    name: TAGGED_SIZE,
    line_ends: TAGGED_SIZE,
}

fn main() {}
