//! Pinning makes a young object old first, and everything young with it: no reference is in use meanwhile.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
}

fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) {
    let raw = point.get(scope);
    let pin = scope.pin(point).unwrap();
    raw.set_x(pin.get(scope).x());
}

fn main() {}
