//! Descriptor arrays against a map of Rust's, however many descriptors and whenever the collector runs.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright_objects::prelude::*;
use heapwright_objects::{
    EnumCache, EnumCacheInit, FastIterableState, PropertyConstness, PropertyDetails, PropertyLocation, Representation,
};
use proptest::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a test on a heap that is verified around each collection, and on two that collect at every allocation.
fn on_each_heap(test: impl Fn(&mut HandleScope<'_>)) {
    for stress in [None, Some(CollectionKind::Young), Some(CollectionKind::Full)] {
        let mut builder = heapwright_objects::builder().verify(true);
        if let Some(kind) = stress {
            builder = builder.stress(1, kind);
        }
        let mut isolate = builder.build().unwrap();
        let mut scope = isolate.enter();
        test(&mut scope);
        scope.collect(CollectionKind::Young);
        scope.collect(CollectionKind::Full);
        scope.verify().unwrap();
    }
}

fn details(offset: usize) -> PropertyDetails {
    PropertyDetails::new().with_offset_in_words(offset as u16).with_representation(Representation::Tagged)
}

/// All that was appended is found, and nothing else.
#[track_caller]
fn check(scope: &mut HandleScope<'_>, array: Handle<'_, DescriptorArray>, texts: &[String]) {
    let never = Str::new(scope, "never appended");
    assert_eq!(array.get(scope).len(), texts.len());
    assert_eq!(array.get(scope).find(never.get(scope)), None);
    for (index, text) in texts.iter().enumerate() {
        let mut inner = scope.nested();
        let name = Str::new(&mut inner, text); // equal, not the same
        let array = array.get(&inner);
        assert_eq!(array.find(name.get(&inner)), Some(index), "{text:?}");
        assert!(array.key(index).cast::<Str>().eq_str(text));
        assert_eq!(array.details(index), details(index));
        assert!(array.value(index).as_strong().unwrap().cast::<Str>().eq_str(text));
    }
}

/// Few are searched one by one, more by their hashes; one at a time or copied, which sorts them at once.
#[test]
fn what_was_appended_is_found() {
    on_each_heap(|scope| {
        for count in [0, 1, 32, 33, 34, 70] {
            let scope = &mut scope.nested();
            let texts: Vec<String> = (0..count).map(|n| format!("property {n}")).collect();
            let array = DescriptorArray::create(scope, count);
            for (index, text) in texts.iter().enumerate() {
                let mut inner = scope.nested();
                let name = Str::new(&mut inner, text);
                let at = array.get(&inner).append(name.get(&inner), details(index), name);
                assert_eq!(at, index);
            }
            check(scope, array, &texts);
            scope.collect(CollectionKind::Full);
            check(scope, array, &texts);
            for taken in [count / 2, count] {
                let copy = DescriptorArray::copy_up_to(scope, array, taken, 3);
                assert_eq!(copy.get(scope).capacity(), taken + 3);
                check(scope, copy, &texts[..taken]);
                let more = Str::new(scope, "one more");
                copy.get(scope).append(more.get(scope), details(taken), more);
                check(scope, copy, &[&texts[..taken], &["one more".to_owned()]].concat());
                scope.verify().unwrap();
            }
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_names_in_any_order(texts in proptest::collection::hash_set("[ab]{0,6}|[a-z]{3}|[é語]{1,3}", 0..120)) {
        let texts: Vec<String> = texts.into_iter().collect();
        let mut isolate = heapwright_objects::builder().verify(true).build().unwrap();
        let mut scope = isolate.enter();
        let array = DescriptorArray::create(&mut scope, texts.len());
        for (index, text) in texts.iter().enumerate() {
            let name = intern(&mut scope, text);
            array.get(&scope).append(name.get(&scope), details(index), name);
        }
        scope.verify().unwrap();
        scope.collect(CollectionKind::Young);
        check(&mut scope, array, &texts);
    }
}

#[test]
fn symbols_are_found_by_identity() {
    on_each_heap(|scope| {
        let text = Str::new(scope, "iterator");
        let symbols: Vec<_> = (0..40).map(|_| Symbol::create(scope, Some(text), SymbolFlags::new())).collect();
        let array = DescriptorArray::create(scope, 41);
        array.get(scope).append(text.get(scope), details(0), smi(0));
        for (index, symbol) in (1..).zip(&symbols) {
            array.get(scope).append(symbol.get(scope), details(index), smi(index as i32));
        }
        let other = Symbol::create(scope, Some(text), SymbolFlags::new());
        scope.collect(CollectionKind::Full);
        let array = array.get(scope);
        for (index, symbol) in (1..).zip(&symbols) {
            assert_eq!(array.find(symbol.get(scope)), Some(index));
        }
        assert_eq!((array.find(text.get(scope)), array.find(other.get(scope))), (Some(0), None));
        assert!(
            symbols[0].get(scope).is_same(symbols[0].get(scope)) && !symbols[0].get(scope).is_same(text.get(scope))
        );
    });
}

/// The type of a field may be a map, which dies if nothing else uses it.
#[test]
fn values_may_be_weak() {
    on_each_heap(|scope| {
        let names = ["x", "y"].map(|text| intern(scope, text));
        let null = scope.handle(scope.null()).to_any();
        let kept = ExtendedMap::create::<FixedArray>(scope, null);
        let array = DescriptorArray::create(scope, 2);
        {
            let mut inner = scope.nested();
            let unused = ExtendedMap::create::<FixedArray>(&mut inner, null);
            let array = array.get(&inner);
            array.append(names[0].get(&inner), details(0), Weakly(unused));
            array.append(names[1].get(&inner), details(1), smi(1));
            array.set_value(1, Weakly(kept));
        }
        scope.collect(CollectionKind::Full);
        let array = array.get(scope);
        assert!(array.value(0).is_cleared());
        assert!(core::ptr::eq(array.value(1).as_weak().unwrap().cast(), kept.get(scope)));
        array.set_value(0, array.value(1));
        assert!(array.value(0) == array.value(1));
        let constant = details(9).with_constness(PropertyConstness::Const).with_location(PropertyLocation::Descriptor);
        array.set_details(0, constant);
        assert_eq!((array.details(0), array.details(1)), (constant, details(1)));
    });
}

/// Maps share the array of the last one of them.
#[test]
fn maps_share_descriptors() {
    on_each_heap(|scope| {
        let null = scope.handle(scope.null()).to_any();
        let maps: Vec<_> = (0..3).map(|_| ExtendedMap::create::<FixedArray>(scope, null)).collect();
        assert!(maps[0].get(scope).instance_descriptors().is_none());
        let array = DescriptorArray::create(scope, 2);
        for (own, map) in maps.iter().enumerate() {
            if own > 0 {
                let name = intern(scope, &format!("property {own}"));
                array.get(scope).append(name.get(scope), details(own - 1), smi(0));
                ExtendedMap::connect_transition(scope, maps[own - 1], *map);
            }
            map.get(scope).set_instance_descriptors(array);
            map.get(scope).update_bits3(|bits| bits.with_number_of_own_descriptors(own as u16));
        }
        scope.collect(CollectionKind::Full);
        let last = maps[2].get(scope);
        let name = last.instance_descriptors().unwrap().key(1).cast::<Str>();
        assert!(name.eq_str("property 2"));
        let before = last.back_pointer().unwrap();
        assert!(core::ptr::eq(before, maps[1].get(scope)));
        let found = before.instance_descriptors().unwrap().find(name);
        assert!(found.is_some_and(|index| index >= usize::from(before.bits3().number_of_own_descriptors())));
    });
}

#[test]
fn enum_caches_and_flags() {
    on_each_heap(|scope| {
        let name = intern(scope, "x");
        let array = DescriptorArray::create(scope, 2);
        assert!(core::ptr::eq(array.get(scope).enum_cache(), scope.empty_enum_cache()));
        assert_eq!(array.get(scope).enum_cache().keys().elements_len(), 0);
        assert_eq!(array.get(scope).fast_iterable(), FastIterableState::Unknown);
        array.get(scope).set_fast_iterable(FastIterableState::JsonFast);
        array.get(scope).append(name.get(scope), details(0), smi(0));
        assert_eq!(array.get(scope).fast_iterable(), FastIterableState::Unknown, "nobody has looked at the new one");
        let keys = FixedArray::new(scope, FixedArrayInit { elements: &[name] });
        let indices = FixedArray::new(scope, FixedArrayInit { elements: &[smi(0)] });
        let cache = EnumCache::new(scope, EnumCacheInit { parent: (), keys, indices });
        array.get(scope).set_enum_cache(cache);
        scope.collect(CollectionKind::Full);
        assert!(array.get(scope).enum_cache().keys().elements(0).cast::<Str>().eq_str("x"));
    });
}

#[test]
fn misuse_panics_and_changes_nothing() {
    let mut isolate = heapwright_objects::builder().verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let (x, y, z) = (intern(&mut scope, "x"), intern(&mut scope, "y"), intern(&mut scope, "z"));
    let again = Str::new(&mut scope, "x");
    let handle = DescriptorArray::create(&mut scope, 2);
    let message = |run: &mut dyn FnMut()| {
        let error = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
        error.downcast_ref::<String>().cloned().unwrap()
    };
    {
        let array = handle.get(&scope);
        array.append(x.get(&scope), details(0), smi(0));
        let error = message(&mut || _ = array.append(again.get(&scope), details(1), smi(1)));
        assert_eq!(error, "there is a descriptor of \"x\" already");
        // There is room for another one, but it is not in use: what it holds is no name.
        assert_eq!(message(&mut || _ = array.key(1)), "there is no descriptor 1: 1 are in use");
        assert_eq!(message(&mut || array.set_value(1, smi(1))), "there is no descriptor 1: 1 are in use");
        assert_eq!(message(&mut || array.set_details(2, details(2))), "there is no descriptor 2: 1 are in use");
        array.append(y.get(&scope), details(1), smi(1));
        let error = message(&mut || _ = array.append(z.get(&scope), details(2), smi(2)));
        assert_eq!(error, "the array is full with 2 descriptors");
        assert_eq!((array.len(), array.find(z.get(&scope))), (2, None));
    }
    let error = message(&mut || _ = DescriptorArray::create(&mut scope, 1021));
    assert_eq!(error, "1021 descriptors are more than 1020");
    let error = message(&mut || _ = DescriptorArray::copy_up_to(&mut scope, handle, 3, 0));
    assert_eq!(error, "3 descriptors cannot be copied of 2");
    let error = message(&mut || _ = DescriptorArray::copy_up_to(&mut scope, handle, 2, usize::MAX));
    assert!(error.ends_with("descriptors are more than 1020"), "{error}");
    scope.verify().unwrap();
}

/// As many as there may be.
#[test]
fn the_most_descriptors_that_fit() {
    let mut isolate = heapwright_objects::builder().verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let texts: Vec<String> = (0..DescriptorArray::MAX_DESCRIPTORS).map(|n| format!("{n}")).collect();
    let array = DescriptorArray::create(&mut scope, texts.len());
    for (index, text) in texts.iter().enumerate() {
        let name = intern(&mut scope, text);
        array.get(&scope).append(name.get(&scope), details(index), name);
    }
    scope.collect(CollectionKind::Young);
    scope.verify().unwrap();
    check(&mut scope, array, &texts);
}
