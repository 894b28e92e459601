//! A Smi root takes integers, and its getter yields them: an object cannot be read as one.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
}

heapwright::heap_roots! {
    static ROOTS, keys in root, getters in MyRoots, set up by set_up;
    limit: Smi,
}

fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let point = Point::try_new(scope, PointInit { x: 1 })?;
    scope.set_root(root::limit, point);
    let _: &Point = scope.limit();
    Ok(())
}

fn main() {}
