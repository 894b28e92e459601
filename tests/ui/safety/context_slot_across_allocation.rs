//! What a slot holds is a reference like any other.

use heapwright::{context_slots, prelude::*};

#[heap_object]
struct Point {
    x: Smi,
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
    }
}

fn f(scope: &mut HandleScope<'_>, context: Handle<'_, Context>) -> i32 {
    let origin = context.get(scope).origin();
    Point::new(scope, PointInit { x: 1 });
    origin.x()
}

fn main() {}
