//! When what is weak goes: each sentence of the chapter in `heapwright::language`.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::stress::Mode;
use heapwright::{IsolateBuilder, prelude::*};
use std::sync::{Arc, Mutex};

#[heap_object]
pub struct Item {
    value: Smi,
    strong: Tagged<Option<Item>>,
    weak: Weak<Item>,
    either: Tagged<(Weak<Item>, Smi)>,
    #[splice = next]
    next: Weak<Item>,
}

#[heap_struct(ephemeron)]
pub struct Entry {
    key: Weak<Item>,
    value: Tagged<Option<Item>>,
}

/// One of each.
#[heap_object]
pub struct Holder {
    weak: Weak<Item>,
    either: Tagged<(Weak<Item>, Smi)>,
    #[splice = next]
    list: Weak<Item>,
    #[constant]
    length: Smi,
    #[length = length]
    entries: [Inline<Entry>],
}

heap_classes! { static CLASSES = [Item, Holder]; }

const KINDS: [CollectionKind; 2] = [CollectionKind::Young, CollectionKind::Full];
const PLACES: [AllocationType; 2] = [AllocationType::Young, AllocationType::Old];

type Log = Arc<Mutex<Vec<String>>>;

fn builder() -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES).verify(true)
}

fn isolate() -> Isolate {
    builder().build().unwrap()
}

fn item<'s>(scope: &mut HandleScope<'s>, value: i32) -> Handle<'s, Item> {
    Item::new(scope, ItemInit { value, strong: Nil, weak: Nil, either: Nil, next: Nil })
}

fn holder<'s>(scope: &mut HandleScope<'s>, place: AllocationType) -> Handle<'s, Holder> {
    let entries = Filled::new(EntryInit { key: Nil, value: Nil }, 2);
    Holder::try_new_in(scope, place, HolderInit { weak: Nil, either: Nil, list: Nil, entries }).unwrap()
}

/// Refers to a new item in every weak way; the entry's value leads back to its key, and the list goes on to `last`.
fn refer(scope: &mut HandleScope<'_>, holder: Handle<'_, Holder>, last: Handle<'_, Item>) -> WeakGlobal<Item> {
    let mut inner = scope.nested();
    let (dying, value) = (item(&mut inner, 1), item(&mut inner, 2));
    value.get(&inner).set_strong(dying);
    dying.get(&inner).set_next(last);
    let object = holder.get(&inner);
    object.set_weak(dying);
    object.set_either(Weakly(dying));
    object.set_list(dying);
    object.entries(0).set_key(dying);
    object.entries(0).set_value(value);
    WeakGlobal::new(&inner, dying)
}

fn assert_gone(holder: &Holder) {
    assert!(holder.weak().is_none());
    assert!(holder.either().is_cleared());
    assert_eq!(holder.list().map(Item::value), Some(9), "the next living member");
    assert!(holder.entries(0).key().is_none() && holder.entries(0).value().is_none());
}

/// "At once": fields, lists, entries and weak globals, of young and old holders, in young and full collections.
#[test]
fn ephemerons_and_weak_fields_go_at_once() {
    for place in PLACES {
        for kind in KINDS {
            // Otherwise what was born young is old when it looks.
            let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
            let mut scope = isolate.enter();
            let (holder, last) = (holder(&mut scope, place), item(&mut scope, 9));
            let global = refer(&mut scope, holder, last);
            assert!(holder.get(&scope).weak().is_some() && global.get(&scope).is_some());
            scope.collect(kind);
            assert_gone(holder.get(&scope));
            assert!(global.get(&scope).is_none());
        }
    }
}

/// "A young collection … takes old objects for living ones": whatever refers to them.
#[test]
fn old_objects_wait_for_a_full_collection() {
    for place in PLACES {
        let mut isolate = isolate();
        let mut scope = isolate.enter();
        let (holder, last) = (holder(&mut scope, place), item(&mut scope, 9));
        let global = {
            let mut inner = scope.nested();
            let global = refer(&mut inner, holder, last);
            let kept = global.get(&inner).unwrap();
            let _kept = inner.handle(kept);
            // Full collections promote.
            inner.collect(CollectionKind::Full);
            global
        };
        scope.collect(CollectionKind::Young);
        let object = holder.get(&scope);
        assert!(object.weak().is_some() && object.entries(0).value().is_some() && global.get(&scope).is_some());
        scope.collect(CollectionKind::Full);
        assert_gone(holder.get(&scope));
        assert!(global.get(&scope).is_none());
    }
}

/// "Callbacks follow", first passes first: a second pass and a finalizer find nothing of their object anywhere.
#[test]
fn callbacks_find_everything_done() {
    for place in PLACES {
        for kind in KINDS {
            // Otherwise what was born young is old when it looks.
            let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
            let mut scope = isolate.enter();
            let (holder, last) = (holder(&mut scope, place), item(&mut scope, 9));
            let table = Global::new(&scope, holder);
            let log = Log::default();
            let global = refer(&mut scope, holder, last);
            let callback = {
                let inner = scope.nested();
                let object = global.get(&inner).unwrap();
                let object = inner.handle(object);
                let (log, table) = (Arc::clone(&log), table.clone());
                WeakGlobal::with_callback(&inner, object, move |info| {
                    log.lock().unwrap().push("first".to_owned());
                    info.second_pass(move |scope| {
                        assert_gone(table.get(scope));
                        log.lock().unwrap().push("second".to_owned());
                    });
                })
            };
            scope.collect(kind);
            assert_eq!(*log.lock().unwrap(), ["first", "second"], "{place:?} {kind:?}");
            assert!(callback.get(&scope).is_none());
        }
    }
}

/// "What only dying objects refer to dies in the same collection": callbacks of key and value run together, in the order in
/// which they were registered.
#[test]
fn key_and_value_die_together() {
    for kind in KINDS {
        for value_first in [false, true] {
            // Otherwise what was born young is old when it looks.
            let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
            let mut scope = isolate.enter();
            let holder = holder(&mut scope, AllocationType::Old);
            let log = Log::default();
            let callbacks: Vec<_> = {
                let mut inner = scope.nested();
                let (key, value, hangs) = (item(&mut inner, 1), item(&mut inner, 2), item(&mut inner, 3));
                value.get(&inner).set_strong(hangs);
                holder.get(&inner).entries(1).set_key(key);
                holder.get(&inner).entries(1).set_value(value);
                let mut all = vec![key, value, hangs];
                if value_first {
                    all.reverse();
                }
                let with_callback = |object: Handle<'_, Item>| {
                    let (log, value) = (Arc::clone(&log), object.get(&inner).value());
                    WeakGlobal::with_callback(&inner, object, move |_| log.lock().unwrap().push(value.to_string()))
                };
                all.into_iter().map(with_callback).collect()
            };
            scope.collect(kind);
            assert_eq!(*log.lock().unwrap(), if value_first { ["3", "2", "1"] } else { ["1", "2", "3"] });
            assert!(callbacks.iter().all(|global| global.get(&scope).is_none()));
        }
    }
}

/// "Reading a weak reference makes a strong one of it."
#[test]
fn what_was_read_and_is_held_does_not_die() {
    for way in 0..5 {
        for kind in KINDS {
            let mut isolate = isolate();
            let mut scope = isolate.enter();
            let (holder, last) = (holder(&mut scope, AllocationType::Old), item(&mut scope, 9));
            let global = refer(&mut scope, holder, last);
            let object = holder.get(&scope);
            let found = match way {
                0 => object.weak(),
                1 => object.either().try_cast(),
                2 => object.list(),
                3 => global.get(&scope),
                _ => <&Entry>::from(object.entries(0)).key(),
            };
            let held = scope.handle(found.unwrap());
            scope.collect(kind);
            let object = holder.get(&scope);
            assert!(core::ptr::eq(object.weak().unwrap(), held.get(&scope)));
            assert_eq!(object.list().map(Item::value), Some(1));
            assert_eq!(object.entries(0).value().map(Item::value), Some(2), "kept by its key");
            assert!(global.get(&scope).is_some());
        }
    }
}

/// "One that ends marking in steps may leave for the next what … was stored while marking went on"; one that is asked for
/// finds it dead.
#[test]
fn a_collection_that_is_asked_for_is_exact() {
    let builder =
        Isolate::builder().classes(&CLASSES).gc_threads(1).stress(u32::MAX, CollectionKind::Young).stress_marking();
    let mut isolate = builder.verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let (holder, last) = (holder(&mut scope, AllocationType::Old), item(&mut scope, 9));
    for _ in 0..50 {
        let mut inner = scope.nested();
        item(&mut inner, 0);
    }
    let global = refer(&mut scope, holder, last);
    scope.collect(CollectionKind::Full);
    assert_gone(holder.get(&scope));
    assert!(global.get(&scope).is_none());
}
