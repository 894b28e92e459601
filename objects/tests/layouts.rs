//! The layouts of the standard classes are those in `layouts.lock`.
#![forbid(unsafe_code)]

#[test]
fn layouts_are_locked() {
    heapwright_docs::assert_locked(
        &[heapwright::core_classes(), &heapwright_objects::CLASSES],
        concat!(env!("CARGO_MANIFEST_DIR"), "/layouts.lock"),
    );
}
