//! Weak maps: what is put in, replaced, removed and found again; growth, death, cycles; against a model, under stress.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright_objects::IdentityHash;
use heapwright_objects::prelude::*;
use std::collections::BTreeMap;

/// A key whose hash is what a test wants.
#[heap_object]
pub struct Key {
    #[constant]
    id: Smi,
    #[constant]
    hash: Smi,
}

impl IdentityHash for Key {
    fn identity_hash(&self) -> u32 {
        self.hash() as u32
    }
}

heap_classes! { static CLASSES = [Key]; }

fn isolate() -> Isolate {
    heapwright_objects::builder().classes(&CLASSES).verify(true).build().unwrap()
}

fn key<'s>(scope: &mut HandleScope<'s>, id: i32, hash: i32) -> Handle<'s, Key> {
    Key::new(scope, KeyInit { id, hash })
}

fn value(scope: &HandleScope<'_>, map: Handle<'_, WeakMap>, key: Handle<'_, Key>) -> Option<i32> {
    map.get(scope).get(key.get(scope)).map(|value| value.as_smi().unwrap())
}

#[test]
fn keys_are_found_replaced_and_removed() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let map = WeakMap::create(&mut scope);
    assert!(map.get(&scope).is_empty());
    // All of one hash: they are told apart by identity.
    let keys: Vec<_> = (0..20).map(|i| key(&mut scope, i, 7)).collect();
    for (i, key) in keys.iter().enumerate() {
        assert_eq!(value(&scope, map, *key), None);
        WeakMap::set(&mut scope, map, *key, smi(i as i32));
    }
    assert_eq!(map.get(&scope).len(), 20);
    scope.collect(CollectionKind::Full);
    for (i, key) in keys.iter().enumerate() {
        assert_eq!(value(&scope, map, *key), Some(i as i32));
        WeakMap::set(&mut scope, map, *key, smi(-(i as i32)));
        assert_eq!(value(&scope, map, *key), Some(-(i as i32)));
    }
    assert_eq!(map.get(&scope).len(), 20);
    for key in keys.iter().step_by(2) {
        assert!(map.get(&scope).remove(key.get(&scope)));
        assert!(!map.get(&scope).remove(key.get(&scope)));
        assert!(!map.get(&scope).contains(key.get(&scope)));
    }
    for (i, key) in keys.iter().enumerate() {
        assert_eq!(value(&scope, map, *key), (i % 2 == 1).then_some(-(i as i32)));
    }
    assert_eq!(map.get(&scope).len(), 10);
}

/// Names have hashes of their own; equal strings are different keys.
#[test]
fn names_as_keys() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let map = WeakMap::create(&mut scope);
    let (a, b) = (Str::new(&mut scope, "same"), Str::new(&mut scope, "same"));
    WeakMap::set(&mut scope, map, a, b);
    assert!(map.get(&scope).contains(a.get(&scope)) && !map.get(&scope).contains(b.get(&scope)));
    let found = map.get(&scope).get(a.get(&scope)).unwrap();
    assert!(core::ptr::eq(found.cast::<Str>(), b.get(&scope)));
    // Read-only keys live for ever.
    let name = scope.handle(scope.undefined());
    WeakMap::set(&mut scope, map, b, name);
    scope.collect(CollectionKind::Full);
    assert!(map.get(&scope).get(b.get(&scope)).unwrap().is::<Undefined>());
}

/// Keys that die make room: the table does not grow with what has been in it.
#[test]
fn tombstones_are_used_again() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let map = WeakMap::create(&mut scope);
    let kept = key(&mut scope, -1, 99);
    WeakMap::set(&mut scope, map, kept, smi(5));
    for i in 0..2000 {
        let mut inner = scope.nested();
        let key = key(&mut inner, i, i % 100);
        WeakMap::set(&mut inner, map, key, key);
        if i % 20 == 0 {
            inner.collect(CollectionKind::Young);
        }
    }
    assert!(map.get(&scope).capacity() <= 128, "{}", map.get(&scope).capacity());
    scope.collect(CollectionKind::Full);
    assert_eq!(map.get(&scope).len(), 1);
    assert_eq!(value(&scope, map, kept), Some(5));
}

/// Two maps whose values are each other's keys.
#[test]
fn a_cycle_through_two_maps_dies() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let (one, two) = (WeakMap::create(&mut scope), WeakMap::create(&mut scope));
    let living = key(&mut scope, 0, 0);
    {
        let mut inner = scope.nested();
        let (a, b, c) = (key(&mut inner, 1, 1), key(&mut inner, 2, 2), key(&mut inner, 3, 3));
        WeakMap::set(&mut inner, one, a, b);
        WeakMap::set(&mut inner, two, b, a);
        WeakMap::set(&mut inner, one, living, c);
        WeakMap::set(&mut inner, two, c, smi(8));
    }
    scope.collect(CollectionKind::Full);
    assert_eq!((one.get(&scope).len(), two.get(&scope).len()), (1, 1));
    let c = one.get(&scope).get(living.get(&scope)).unwrap();
    assert_eq!(two.get(&scope).get(c.cast::<Key>()).and_then(|value| value.as_smi()), Some(8));
}

#[test]
fn against_a_model_under_stress() {
    for (interval, kind) in [(3, CollectionKind::Young), (7, CollectionKind::Full), (u32::MAX, CollectionKind::Young)] {
        for marking in [false, true] {
            let builder = heapwright_objects::builder().classes(&CLASSES).verify(true).stress(interval, kind);
            let builder = if marking { builder.stress_marking() } else { builder };
            let mut isolate = builder.build().unwrap();
            let mut scope = isolate.enter();
            let map = WeakMap::create(&mut scope);
            let mut keys: Vec<Option<Global<Key>>> = Vec::new();
            keys.resize_with(40, || None);
            let mut model = BTreeMap::new();
            let mut state = 1_u32;
            for step in 0..1500 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let (at, what) = ((state >> 8) as usize % keys.len(), state >> 28);
                let mut inner = scope.nested();
                match what {
                    0..8 => {
                        let key = match &keys[at] {
                            Some(key) => {
                                let key = key.get(&inner);
                                inner.handle(key)
                            }
                            None => key(&mut inner, at as i32, (state >> 20) as i32 % 16),
                        };
                        keys[at] = Some(Global::new(&inner, key));
                        WeakMap::set(&mut inner, map, key, smi(step));
                        model.insert(at, step);
                    }
                    8..12 => {
                        keys[at] = None;
                        model.remove(&at);
                    }
                    _ => {
                        if let Some(key) = &keys[at] {
                            let removed = map.get(&inner).remove(key.get(&inner));
                            assert_eq!(removed, model.remove(&at).is_some());
                        }
                    }
                }
                for (i, key) in keys.iter().enumerate().filter_map(|(i, key)| Some((i, key.as_ref()?))) {
                    let found = map.get(&inner).get(key.get(&inner)).map(|value| value.as_smi().unwrap());
                    assert_eq!(found, model.get(&i).copied());
                }
            }
            scope.collect(CollectionKind::Full);
            assert_eq!(map.get(&scope).len(), model.len());
        }
    }
}
