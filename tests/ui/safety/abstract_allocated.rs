//! An abstract class has no instances of its own.

use heapwright::prelude::*;

#[heap_object(abstract)]
struct Shape {
    area: Smi,
}

fn attack(scope: &mut HandleScope<'_>) {
    Shape::new(scope, ShapeInit { area: 1 });
}

fn main() {}
