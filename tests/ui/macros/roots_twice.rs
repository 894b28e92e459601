//! Two roots of one name.

use heapwright::prelude::*;

heapwright::heap_roots! {
    static ROOTS, keys in root, getters in MyRoots, set up by set_up;
    one: Any,
    one: Any,
}

fn set_up(_: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    Ok(())
}

fn main() {}
