//! The layouts of `json_heap`'s classes are those in `layouts.lock` beside it.
#![forbid(unsafe_code)]
// Only the tables of the classes are used here.
#![allow(dead_code)]

#[path = "../examples/json_heap/classes.rs"]
mod classes;

#[test]
fn layouts_are_locked() {
    heapwright_docs::assert_locked(
        &[&classes::CLASSES],
        concat!(env!("CARGO_MANIFEST_DIR"), "/examples/json_heap/layouts.lock"),
    );
}
