//! A root takes values of its type.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

#[heap_object]
struct Other {
    y: Smi,
}

heapwright::heap_roots! {
    static ROOTS, keys in root, getters in MyRoots, set up by set_up;
    origin: Point,
}

fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let other = Other::try_new(scope, OtherInit { y: 1 })?;
    scope.set_root(root::origin, other);
    Ok(())
}

fn main() {}
