//! Each slot once; a slot has no value of its own; no two make the same accessor.

use heapwright::{context_slots, prelude::*};

#[heap_object]
struct Context {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

context_slots! {
    impl Context::elements {
        first: Any,
        second: Smi = 3,
        first: Smi,
        set_second: Any,
    }
}

fn main() {}
