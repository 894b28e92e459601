//! A root holds a tagged type.

use heapwright::prelude::*;

heapwright::heap_roots! {
    static ROOTS, keys in root, getters in MyRoots, set up by set_up;
    count: u32,
}

fn set_up(_: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    Ok(())
}

fn main() {}
