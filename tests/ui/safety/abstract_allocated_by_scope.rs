//! Not by the scope's own function either.

use heapwright::prelude::*;

#[heap_object(abstract)]
struct Shape {
    area: Smi,
}

fn attack(scope: &mut HandleScope<'_>) {
    scope.try_new::<Shape, _>(AllocationType::Young, ShapeInit { area: 1 }).unwrap();
}

fn main() {}
