//! A constant field has no setter.

use heapwright::prelude::*;

#[heap_object]
struct Fixed {
    #[constant]
    id: Smi,
}

fn attack(fixed: &Fixed) {
    fixed.set_id(2);
}

fn main() {}
