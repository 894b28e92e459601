//! The head says of which class, and where its elements are.

use heapwright::{context_slots, prelude::*};

#[heap_object]
struct Context {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

context_slots! {
    impl Context {
        first: Any,
    }
}

context_slots! {
    trait Slots for Context::elements[3] {
        first: Any,
    }
}

context_slots! {
    struct Context {
        first: Any,
    }
}

fn main() {}
