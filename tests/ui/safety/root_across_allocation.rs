//! A root is read like any other object, and moves like it.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

heapwright::heap_roots! {
    static ROOTS, keys in root, getters in MyRoots, set up by set_up;
    origin: Point,
}

fn set_up(_: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    Ok(())
}

fn attack(scope: &mut HandleScope<'_>) -> i32 {
    let origin = scope.origin();
    Point::new(scope, PointInit { x: 1, next: Nil });
    origin.x()
}

fn main() {}
