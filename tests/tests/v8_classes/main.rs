//! Ten classes of V8's that are awkward on purpose, declared with the fields that V8 declares and held to the offsets that
//! V8's own rules give them, with compressed pointers and with full ones; and made, read, written, collected and verified.
//!
//! Where a version of V8 has a field only with some build option, it is left out.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

mod arrays;
mod classes;
mod scope_info;
mod tables;
mod texts;

use classes::*;
use heapwright::layout::PointerWidth;
use heapwright::prelude::*;
use heapwright::{ClassLayout, HeapClass};

/// An isolate that verifies the heap around each collection, and collects at each allocation if asked to.
fn isolate(stress: Option<CollectionKind>) -> Isolate {
    let builder = Isolate::builder().classes(&CLASSES).verify(true);
    match stress {
        Some(kind) => builder.stress(1, kind),
        None => builder,
    }
    .build()
    .unwrap()
}

/// Runs a test without stress and with either kind of it.
fn under_stress(test: impl Fn(&mut HandleScope<'_>)) {
    for stress in [None, Some(CollectionKind::Young), Some(CollectionKind::Full)] {
        let mut isolate = isolate(stress);
        let mut scope = isolate.enter();
        test(&mut scope);
        scope.collect(CollectionKind::Young);
        scope.collect(CollectionKind::Full);
        scope.verify().unwrap();
    }
}

/// Asserts the offset of each field under both widths, and where the fields end.
#[track_caller]
fn assert_offsets(layout: &'static ClassLayout, fields: &[(&str, u32, u32)], end: (u32, u32)) {
    for (name, compressed, full) in fields {
        let field = layout.find_field(name).unwrap_or_else(|| panic!("{} has no field {name}", layout.name));
        let offset = |width| field.offset.get(width);
        assert_eq!(offset(PointerWidth::Compressed), *compressed, "{}::{name}, compressed", layout.name);
        assert_eq!(offset(PointerWidth::Full), *full, "{}::{name}, full", layout.name);
    }
    let own = layout.fields.iter().filter(|field| !field.name.starts_with("padding")).count();
    assert_eq!(own, fields.len(), "{}: a field is not listed", layout.name);
    let (compressed, full) = end;
    assert_eq!(
        (layout.end().get(PointerWidth::Compressed), layout.end().get(PointerWidth::Full)),
        (compressed, full),
        "{}'s end",
        layout.name
    );
}

#[test]
fn heap_number() {
    assert_offsets(HeapNumber::LAYOUT, &[("value", 4, 8)], (12, 16));
    under_stress(|scope| {
        let number = HeapNumber::new(scope, HeapNumberInit { parent: (), value: 0.1 });
        scope.collect(CollectionKind::Full);
        assert_eq!(number.get(scope).value().to_bits(), 0.1_f64.to_bits());
    });
}
