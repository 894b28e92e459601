//! A slot takes values of its type, though the element below it takes all.

use heapwright::{context_slots, prelude::*};

#[heap_object]
struct Point {
    x: Smi,
}

#[heap_object]
struct Other {
    y: Smi,
}

#[heap_object]
struct Context {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

context_slots! {
    impl Context::elements {
        origin: Point,
        count: Smi,
    }
}

fn set(context: &Context, other: &Other) {
    context.set_origin(other);
    context.set_count(other);
    context.set_origin(Nil);
}

fn main() {}
