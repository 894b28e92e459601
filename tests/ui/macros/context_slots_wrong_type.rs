//! A slot holds a tagged type.

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
        count: u32,
    }
}

context_slots! {
    trait Slots for Context::elements {
        name: String,
    }
}

fn main() {}
