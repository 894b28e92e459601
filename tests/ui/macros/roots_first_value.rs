//! Only a Smi can be written as a root's first value: an object has to be made.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
}

heapwright::heap_roots! {
    static ROOTS, keys in root, getters in MyRoots, set up by set_up;
    limit: Smi = 3,
    origin: Point = 0,
}

fn set_up(_: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    Ok(())
}

heapwright::heap_roots! {
    static OTHERS, keys in other, getters in OtherRoots;
    text: Smi = "three",
}

fn main() {}
