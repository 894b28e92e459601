//! The string table: one string for each text, and none longer than it is used.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright_objects::prelude::*;
use heapwright_objects::{intern_handle, try_intern};
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_text_has_one_string(texts in proptest::collection::vec(prop_oneof!["[ab]{0,4}", any::<String>()], 0..300)) {
        let mut isolate = heapwright_objects::builder().verify(true).build().unwrap();
        let mut scope = isolate.enter();
        let mut seen: HashMap<&str, Handle<'_, Str>> = HashMap::new();
        for (i, text) in texts.iter().enumerate() {
            let string = intern(&mut scope, text);
            let first = *seen.entry(text).or_insert(string);
            prop_assert!(core::ptr::eq(first.get(&scope), string.get(&scope)));
            prop_assert!(string.get(&scope).eq_str(text));
            if i % 100 == 99 {
                scope.collect(if i % 200 == 99 { CollectionKind::Young } else { CollectionKind::Full });
            }
        }
        for (text, string) in &seen {
            let found = scope.string_table().find(text).expect("kept by a handle");
            prop_assert!(core::ptr::eq(found, string.get(&scope)));
            prop_assert!(scope.string_table().is_internalized(found));
        }
        let texts: Vec<String> = scope.string_table().iter().map(Str::to_rust_string).collect();
        prop_assert_eq!(texts.iter().collect::<HashSet<_>>().len(), texts.len(), "each text once");
    }
}

#[test]
fn what_is_not_used_any_more_dies() {
    let mut isolate = heapwright_objects::builder().verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let at_first = scope.string_table().iter().count();
    let kept = intern(&mut scope, "kept");
    {
        let mut inner = scope.nested();
        for i in 0..10_000 {
            intern(&mut inner, &format!("passing {i}"));
        }
        assert_eq!(inner.string_table().iter().count(), at_first + 10_001);
    }
    scope.collect(CollectionKind::Full);
    assert_eq!(scope.string_table().iter().count(), at_first + 1);
    assert!(scope.string_table().find("passing 77").is_none());
    assert!(core::ptr::eq(scope.string_table().find("kept").unwrap(), kept.get(&scope)));
    assert!(scope.string_table().find("undefined").is_some(), "read-only strings never die");
}

#[test]
fn tombstones_are_passed_reused_and_swept_out() {
    let mut isolate = heapwright_objects::builder().verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let mut kept = Vec::new();
    for round in 0..40 {
        kept.push((format!("kept {round}"), intern(&mut scope, &format!("kept {round}"))));
        {
            let mut inner = scope.nested();
            for i in 0..50 {
                intern(&mut inner, &format!("passing {round} {i}"));
            }
        }
        scope.collect(CollectionKind::Full);
        for (text, string) in &kept {
            assert!(
                core::ptr::eq(scope.string_table().find(text).unwrap(), string.get(&scope)),
                "{text} in round {round}"
            );
        }
    }
    // 2000 strings came and went; the table never held more than about 110 at a time.
    assert!(scope.string_table().slots() <= 256, "{}", scope.string_table().slots());
}

#[test]
fn it_grows_and_shrinks() {
    let mut isolate = heapwright_objects::builder().build().unwrap();
    let mut scope = isolate.enter();
    {
        let mut inner = scope.nested();
        for i in 0..20_000 {
            intern(&mut inner, &format!("{i}"));
        }
        let slots = inner.string_table().slots();
        assert!((20_000 * 4 / 3..=65_536).contains(&slots), "{slots}");
    }
    // What is used counts dead strings until the next table is made.
    for round in 0..40 {
        scope.collect(CollectionKind::Full);
        let mut inner = scope.nested();
        for i in 0..1000 {
            intern(&mut inner, &format!("{round} {i}"));
        }
    }
    let slots = scope.string_table().slots();
    assert!(slots <= 4096, "{slots}");
}

#[test]
fn finding_makes_nothing() {
    let mut isolate = heapwright_objects::builder().build().unwrap();
    let mut scope = isolate.enter();
    let texts = ["length", "Länge", "長さ"];
    let strings = texts.map(|text| intern(&mut scope, text));
    let used = |scope: &HandleScope<'_>| scope.class_statistics().iter().map(|class| class.bytes).sum::<usize>();
    let before = used(&scope);
    for _ in 0..1000 {
        for (text, string) in texts.iter().zip(strings) {
            let mut inner = scope.nested();
            let found = try_intern(&mut inner, text).unwrap();
            assert!(core::ptr::eq(found.get(&inner), string.get(&inner)));
        }
    }
    assert_eq!(used(&scope), before);
}

#[test]
fn a_handle_is_interned_as_it_is_or_replaced() {
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        let mut isolate = heapwright_objects::builder().verify(true).stress(1, kind).build().unwrap();
        let mut scope = isolate.enter();
        let (one, other) = (Str::new(&mut scope, "same"), Str::new(&mut scope, "same"));
        assert!(!scope.string_table().is_internalized(one.get(&scope)));
        let interned = intern_handle(&mut scope, one);
        assert!(core::ptr::eq(interned.get(&scope), one.get(&scope)));
        let again = intern_handle(&mut scope, other);
        assert!(core::ptr::eq(again.get(&scope), one.get(&scope)));
        scope.collect(kind);
        assert!(scope.string_table().is_internalized(one.get(&scope)));
        assert!(!scope.string_table().is_internalized(other.get(&scope)));
        assert!(core::ptr::eq(scope.string_table().find("same").unwrap(), one.get(&scope)));
    }
}

#[test]
fn interning_while_every_allocation_collects() {
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        let mut isolate = heapwright_objects::builder().verify(true).stress(1, kind).build().unwrap();
        let mut scope = isolate.enter();
        let mut strings = Vec::new();
        for i in 0..120 {
            strings.push(intern(&mut scope, &format!("text {i} {}", if i % 3 == 0 { "é語" } else { "" })));
            let mut inner = scope.nested();
            intern(&mut inner, &format!("passing {i}"));
        }
        for (i, string) in strings.iter().enumerate() {
            let text = format!("text {i} {}", if i % 3 == 0 { "é語" } else { "" });
            assert!(string.get(&scope).eq_str(&text));
            assert!(core::ptr::eq(scope.string_table().find(&text).unwrap(), string.get(&scope)));
        }
        scope.verify().unwrap();
    }
}
