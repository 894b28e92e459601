//! Eternal and persistent handles, canonical and sealed scopes, and the visitor of roots.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::stress::Mode;
use heapwright::{
    CanonicalHandle, Eternal, IsolateBuilder, IsolateSlot, PersistentHandle, PersistentHandles, PersistentHandlesError,
    RootGroup, SealedScope, heap_roots, isolate_slots, prelude::*,
};
use heapwright_tests::panic_message;
use std::collections::HashMap;

#[heap_object(open)]
pub struct Node {
    value: Smi,
    next: Tagged<Option<Node>>,
}

#[heap_object(extends = Node)]
pub struct Leaf {
    either: Tagged<(Node, Smi)>,
}

heap_classes! { pub static CLASSES = [Node, Leaf]; }

heap_roots! {
    pub static ROOTS, keys in root, getters in Roots, set up by set_up;
    origin: Node,
    limit: Smi,
}

fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let origin = Node::try_new(scope, NodeInit { value: -1, next: Nil })?;
    scope.set_root(root::origin, origin);
    scope.set_root(root::limit, 99);
    Ok(())
}

isolate_slots! {
    pub static SLOTS, accessors in Slots;
    kept: Option<Global<Node>> = None,
    count: usize = 3,
}

/// What embedders may make of a slot of their own.
const COUNT: IsolateSlot<usize> = IsolateSlot::new(&SLOTS, 1);

const KINDS: [CollectionKind; 2] = [CollectionKind::Young, CollectionKind::Full];

fn builder() -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES).roots(&ROOTS).slots(&SLOTS).verify(true)
}

fn isolate() -> Isolate {
    builder().build().unwrap()
}

/// Each isolate that the tests below run in: ordinary, and collecting at each allocation.
fn isolates() -> [Isolate; 3] {
    let stressed = |kind| {
        let builder = Isolate::builder().classes(&CLASSES).roots(&ROOTS).slots(&SLOTS);
        builder.stress(1, kind).verify(true).build().unwrap()
    };
    [isolate(), stressed(CollectionKind::Young), stressed(CollectionKind::Full)]
}

fn node<'s>(scope: &mut HandleScope<'s>, value: i32) -> Handle<'s, Node> {
    Node::new(scope, NodeInit { value, next: Nil })
}

#[test]
fn eternal_handles_live_as_long_as_the_isolate() {
    for mut isolate in isolates() {
        let mut all: Vec<(i32, Eternal<Node>)> = Vec::new();
        for round in 0..4 {
            let mut scope = isolate.enter();
            for i in 0..60 {
                let mut inner = scope.nested();
                let value = round * 100 + i;
                let node = if i % 3 == 0 {
                    Node::try_new_in(&mut inner, AllocationType::Old, NodeInit { value, next: Nil }).unwrap()
                } else {
                    node(&mut inner, value)
                };
                all.push((value, Eternal::new(&inner, node)));
            }
            for kind in KINDS {
                scope.collect(kind);
                for (value, eternal) in &all {
                    assert_eq!(eternal.get(&scope).value(), *value);
                }
            }
        }
        let mut scope = isolate.enter();
        scope.collect(CollectionKind::Full);
        let nodes = scope.class_statistics().iter().find(|c| c.class.name() == "Node").unwrap().objects;
        assert_eq!(nodes, all.len() + 1, "the eternal ones and the root");
    }
}

#[test]
fn eternal_handles_of_smis_and_unions_are_plain_data() {
    static FOUND: std::sync::OnceLock<Eternal<Node>> = std::sync::OnceLock::new();
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let number = scope.handle(smi(7));
    let number = Eternal::new(&scope, number);
    let leaf = Leaf::new(&mut scope, LeafInit { parent: NodeInit { value: 1, next: Nil }, either: smi(4) });
    let either = Eternal::from_ref(&scope, leaf.get(&scope).either());
    let upcast = Eternal::<Node>::new(&scope, leaf.upcast());
    FOUND.set(upcast).unwrap();
    drop(scope);
    let (number, either) = std::thread::spawn(move || (number, either)).join().unwrap();
    let mut scope = isolate.enter();
    for kind in KINDS {
        scope.collect(kind);
        assert_eq!(number.get(&scope).as_smi(), Some(7));
        assert_eq!(either.get(&scope).as_smi(), Some(4));
        assert_eq!(FOUND.get().unwrap().get(&scope).value(), 1);
    }
    assert!(format!("{number:?}").starts_with("Eternal 0 of isolate "));
}

#[test]
fn an_eternal_handle_of_another_isolate_is_an_error() {
    let (mut first, mut second) = (isolate(), isolate());
    let make = |isolate: &mut Isolate, value| {
        let mut scope = isolate.enter();
        let node = node(&mut scope, value);
        Eternal::new(&scope, node)
    };
    let (a, b) = (make(&mut first, 1), make(&mut second, 2));
    {
        let scope = second.enter();
        let error = a.try_get(&scope).unwrap_err();
        assert_eq!((error.global, error.entered), (first.id(), scope.isolate_id()));
        assert!(panic_message(|| a.get(&scope).value()).contains("was used in isolate"));
        assert_eq!(b.get(&scope).value(), 2);
    }
    // Not even when the isolate is gone and its memory another's.
    drop(first);
    let mut third = isolate();
    let c = make(&mut third, 3);
    let scope = third.enter();
    assert!(a.try_get(&scope).is_err());
    assert_eq!(c.get(&scope).value(), 3);
}

#[test]
fn persistent_handles_travel_and_stay_right() {
    for mut isolate in isolates() {
        let (mut handles, keys) = {
            let mut scope = isolate.enter();
            let mut handles = PersistentHandles::new(&scope);
            assert!(handles.is_empty());
            let keys: Vec<PersistentHandle<Node>> = (0..40)
                .map(|i| {
                    let mut inner = scope.nested();
                    let node = node(&mut inner, i);
                    handles.add(&inner, node)
                })
                .collect();
            (handles, keys)
        };
        assert_eq!((handles.len(), handles.isolate_id()), (40, isolate.id()));
        let job = std::thread::spawn(move || (handles.contains(keys[3]), handles, keys));
        {
            let mut scope = isolate.enter();
            scope.collect(CollectionKind::Young);
            scope.collect(CollectionKind::Full);
        }
        let (contains, back, keys) = job.join().unwrap();
        assert!(contains);
        handles = back;
        let mut scope = isolate.enter();
        for (i, key) in keys.iter().enumerate() {
            assert_eq!(handles.get(&scope, *key).value(), i as i32);
        }
        // More may be added, and ordinary handles had of them.
        let number = scope.handle(smi(8));
        let number = handles.add(&scope, number);
        let fifth = handles.handle(&scope, keys[5]);
        scope.collect(CollectionKind::Full);
        assert_eq!((fifth.get(&scope).value(), handles.get(&scope, number).as_smi()), (5, Some(8)));
        // Until the set is dropped, on whatever thread.
        let nodes = |scope: &mut HandleScope<'_>| {
            scope.collect(CollectionKind::Full);
            scope.class_statistics().iter().find(|c| c.class.name() == "Node").map_or(0, |c| c.objects)
        };
        assert_eq!(nodes(&mut scope), 41);
        std::thread::spawn(move || drop(handles)).join().unwrap();
        assert_eq!(nodes(&mut scope), 2, "the root, and the one with a handle");
    }
}

/// What is independent of scopes may be sent and shared; and a job that is given the isolate too can read its handles.
#[test]
fn a_job_may_take_the_isolate_along() {
    fn travels<T: Send + Sync + 'static>(_: &T) {}
    for mut isolate in isolates() {
        let mut scope = isolate.enter();
        let node = node(&mut scope, 12);
        let mut handles = PersistentHandles::new(&scope);
        let persistent = handles.add(&scope, node);
        let (eternal, global) = (Eternal::new(&scope, node), Global::new(&scope, node));
        let weak = WeakGlobal::with_finalizer(&scope, node, 5, |_, _| ());
        travels(&(persistent, eternal));
        travels(&handles);
        travels(&global);
        travels(&weak);
        drop(scope);
        let made = std::thread::spawn(move || {
            let mut scope = isolate.enter();
            let made = self::node(&mut scope, 13);
            let made = handles.add(&scope, made);
            for kind in KINDS {
                scope.collect(kind);
                let read = handles.get(&scope, persistent);
                assert_eq!((read.value(), handles.get(&scope, made).value()), (12, 13));
                assert!(core::ptr::eq(read, eternal.get(&scope)) && core::ptr::eq(read, global.get(&scope)));
                assert!(core::ptr::eq(read, weak.get(&scope).unwrap()));
            }
            drop(scope);
            (isolate, handles, made)
        });
        let (mut isolate, handles, made) = made.join().unwrap();
        let scope = isolate.enter();
        assert_eq!((handles.get(&scope, made).value(), handles.len()), (13, 2));
    }
}

#[test]
fn sets_of_persistent_handles_come_and_go_without_a_collection() {
    // It counts collections.
    let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let node = node(&mut scope, 6);
    let mut kept = Vec::new();
    for round in 0..20_000 {
        let mut handles = PersistentHandles::new(&scope);
        let handle = handles.add(&scope, node);
        if round % 1000 == 0 {
            kept.push((handles, handle));
        }
    }
    let collections = scope.statistics().collections.len();
    let mut persistent = 0;
    scope.visit_roots(|root| persistent += usize::from(root.group == RootGroup::PersistentHandles));
    assert_eq!((collections, persistent), (0, kept.len()));
    scope.collect(CollectionKind::Full);
    assert!(kept.iter().all(|(handles, handle)| handles.get(&scope, *handle).value() == 6));
}

#[test]
fn persistent_handles_know_their_set_and_their_isolate() {
    let (mut first, mut second) = (isolate(), isolate());
    let mut scope = first.enter();
    let (a, b) = (node(&mut scope, 1), node(&mut scope, 2));
    let (mut ones, mut others) = (PersistentHandles::new(&scope), PersistentHandles::new(&scope));
    let (one, other) = (ones.add(&scope, a), others.add(&scope, b));
    assert_eq!(ones.try_get(&scope, other).unwrap_err(), PersistentHandlesError::WrongSet);
    assert!(!ones.contains(other) && ones.contains(one));
    assert!(panic_message(|| ones.get(&scope, other).value()).contains("that it was not made by"));
    assert!(panic_message(|| others.handle(&scope, one)).contains("that it was not made by"));
    // A set that comes after one that is gone does not take its handles over.
    drop(others);
    let mut others = PersistentHandles::new(&scope);
    let same_index = others.add(&scope, b);
    assert!(others.try_get(&scope, other).is_err());
    assert_eq!((others.get(&scope, same_index).value(), ones.get(&scope, one).value()), (2, 1));
    drop(scope);

    let mut scope = second.enter();
    let handles = ones.isolate_id();
    let wrong = PersistentHandlesError::WrongIsolate { handles, entered: scope.isolate_id() };
    assert_eq!(ones.try_get(&scope, one).unwrap_err(), wrong);
    let c = node(&mut scope, 3);
    assert!(panic_message(|| ones.add(&scope, c)).contains("were used in isolate"));
    assert!(panic_message(|| ones.handle(&scope, one)).contains("were used in isolate"));
    // Nor does a set of the isolate that is entered take a handle of another's: the slot might be of another type.
    let mut here = PersistentHandles::new(&scope);
    here.add(&scope, c);
    assert_eq!(here.try_get(&scope, one).unwrap_err(), PersistentHandlesError::WrongSet);
    drop(here);
    drop(first);
    assert!(ones.try_get(&scope, one).is_err());
    drop(ones);
}

#[test]
fn an_object_has_one_handle_in_a_canonical_scope() {
    for mut isolate in isolates() {
        let mut outer = isolate.enter();
        let many: Vec<_> = (0..200).map(|i| node(&mut outer, i)).collect();
        let before = outer.handle_count();
        let mut scope = outer.canonical();
        assert!(scope.is_empty());
        let mut table: HashMap<CanonicalHandle<'_, Node>, i32> = HashMap::new();
        for (i, handle) in many.iter().enumerate() {
            assert_eq!(table.insert(scope.canonicalize(*handle), i as i32), None);
        }
        for round in 0..4 {
            scope.collect(KINDS[round % 2]);
            // Each by another way: a reference, an ordinary handle, a tagged value.
            for (i, handle) in many.iter().enumerate() {
                let canonical = match (i + round) % 3 {
                    0 => scope.handle(handle.get(&scope)),
                    1 => scope.canonicalize(*handle),
                    _ => scope.canonicalize(scope.handle(handle.get(&scope)).handle()),
                };
                assert_eq!(table[&canonical], i as i32);
                assert_eq!(canonical.get(&scope).value(), i as i32);
                assert!(core::ptr::eq(canonical.get(&scope), canonical.handle().get(&scope)));
            }
        }
        assert_eq!((scope.len(), scope.handle_count()), (200, before + 200));
        // Objects made through the scope, also in scopes inside; and Smis.
        let made = {
            let (mut inner, escape) = scope.escapable();
            let made = node(&mut inner, 1000);
            escape.escape(&inner, made)
        };
        assert_eq!(scope.canonicalize(made), scope.handle(made.get(&scope)));
        assert_ne!(scope.canonicalize(made), scope.canonicalize(many[0]));
        assert_eq!(scope.handle(smi(5)), scope.handle(smi(5)));
        assert_ne!(scope.handle(smi(5)), scope.canonicalize(made.to_any()));
        drop(scope);
        assert_eq!(outer.handle_count(), before);
        assert_eq!(many[7].get(&outer).value(), 7);
    }
}

/// The place where a dead object lay may become another's: that one has a handle of its own.
#[test]
fn a_canonical_handle_is_not_taken_over_by_what_comes_to_lie_there() {
    for mut isolate in isolates() {
        let mut outer = isolate.enter();
        let mut scope = outer.canonical();
        let mut seen: Vec<(i32, CanonicalHandle<'_, Node>)> = Vec::new();
        for i in 0..300 {
            let made = node(&mut scope, i);
            let canonical = scope.canonicalize(made);
            assert!(seen.iter().all(|(_, other)| *other != canonical));
            seen.push((i, canonical));
            if i % 50 == 0 {
                scope.collect(CollectionKind::Young);
            }
        }
        assert!(seen.iter().all(|(i, canonical)| canonical.get(&scope).value() == *i));
    }
}

#[test]
fn a_sealed_scope_reads_all_there_is_and_makes_no_handle() {
    struct Everything<'s> {
        handle: Handle<'s, Node>,
        global: Global<Node>,
        weak: WeakGlobal<Node>,
        eternal: Eternal<Node>,
        handles: PersistentHandles,
        persistent: PersistentHandle<Node>,
    }
    fn sum(scope: SealedScope<'_, '_>, of: &Everything<'_>) -> i32 {
        scope.get(of.handle).value()
            + scope.global(&of.global).value()
            + scope.weak_global(&of.weak).unwrap().value()
            + scope.eternal(of.eternal).value()
            + scope.persistent(&of.handles, of.persistent).value()
            + scope.root(root::origin).value()
            + scope.root(root::limit)
            + *scope.isolate_slot(COUNT) as i32
    }
    for mut isolate in isolates() {
        let id = isolate.id();
        let mut scope = isolate.enter();
        let handle = node(&mut scope, 10);
        let mut handles = PersistentHandles::new(&scope);
        let everything = Everything {
            handle,
            global: Global::new(&scope, handle),
            weak: WeakGlobal::new(&scope, handle),
            eternal: Eternal::new(&scope, handle),
            persistent: handles.add(&scope, handle),
            handles,
        };
        for kind in KINDS {
            scope.collect(kind);
            let count = scope.handle_count();
            assert_eq!(sum(scope.sealed(), &everything), 50 - 1 + 99 + 3);
            assert_eq!((scope.handle_count(), scope.sealed().isolate_id()), (count, id));
            // What it reads is as good as what the scope reads.
            let (sealed, open) = (scope.sealed().get(handle), handle.get(&scope));
            assert!(core::ptr::eq(sealed, open));
        }
    }
}

#[test]
fn visitors_see_every_root_with_its_group_and_name() {
    for mut isolate in isolates() {
        let mut scope = isolate.enter();
        let mut kept = Vec::new();
        let mut handles = PersistentHandles::new(&scope);
        let of = |scope: &mut HandleScope<'_>, value: i32, keep: &mut dyn FnMut(&HandleScope<'_>, Handle<'_, Node>)| {
            let mut inner = scope.nested();
            let node = node(&mut inner, value);
            keep(&inner, node);
        };
        let mut weak = Vec::new();
        of(&mut scope, 2, &mut |scope, node| {
            kept.push(Global::new(scope, node));
            weak.push(WeakGlobal::new(scope, node));
        });
        let mut eternals = Vec::new();
        of(&mut scope, 3, &mut |scope, node| eternals.push(Eternal::new(scope, node)));
        let mut persistent = Vec::new();
        of(&mut scope, 4, &mut |scope, node| persistent.push(handles.add(scope, node)));
        of(&mut scope, 5, &mut |scope, node| kept.push(Global::new(scope, node)));
        *scope.kept_mut() = kept.pop();
        of(&mut scope, 6, &mut |scope, node| weak.push(WeakGlobal::new(scope, node)));
        let _handle = node(&mut scope, 1);
        let (inner, _unused_escape) = scope.escapable();
        drop(inner);
        for kind in KINDS {
            let mut scope = scope.nested();
            scope.collect(kind);
            let mut nodes = Vec::new();
            let mut maps = Vec::new();
            let mut count = 0;
            let before = scope.handle_count();
            scope.visit_roots(|root| {
                count += 1;
                // A visitor may make handles and globals: roots it does not see.
                scope.handle(root.value);
                drop(Global::from_ref(&scope, root.value));
                match root.group {
                    RootGroup::ClassMaps => {
                        assert_eq!(root.class().unwrap().name(), "Map");
                        maps.push(root.name.unwrap());
                    }
                    RootGroup::SmiRootList => {
                        assert_eq!((root.address(), root.class().is_none()), (None, true));
                        assert_eq!(root.to_string(), "Smi root list ROOTS.limit: 99");
                    }
                    group => {
                        let node = root.value.cast::<Node>();
                        assert_eq!(root.address(), Some(node.as_heap_object().address()));
                        assert_eq!(root.is_weak(), group == RootGroup::WeakGlobals);
                        nodes.push((group, root.name, node.value()));
                    }
                }
            });
            assert_eq!(scope.handle_count(), before + count);
            // Sorted, for nodes of globals are given out in any order.
            nodes.sort_unstable();
            let expected = [
                (RootGroup::StrongRootList, Some("origin"), -1),
                (RootGroup::HandleScopes, None, 1),
                (RootGroup::Globals, None, 2),
                (RootGroup::Globals, None, 5),
                (RootGroup::WeakGlobals, None, 2),
                (RootGroup::Eternals, None, 3),
                (RootGroup::PersistentHandles, None, 4),
            ];
            assert_eq!(nodes, expected);
            assert_eq!(maps.len(), scope.classes().iter().filter(|c| !c.layout().is_abstract).count());
            assert!(maps.contains(&"Leaf") && maps.contains(&"Map"));
            let names: Vec<_> = scope.named_roots().map(|root| root.name).collect();
            assert_eq!(names, ["origin", "limit"]);
        }
    }
}

const DEAD: &str = "this handle's scope has ended";

/// As in `handles.rs`: a handle of an outermost scope that has ended meets another isolate's scope.
#[test]
fn a_dead_handle_becomes_no_other_kind_of_handle() {
    let (mut first, mut second) = (isolate(), isolate());
    let mut scope = first.enter();
    let dead = node(&mut scope, 1);
    drop(scope);

    let mut scope = second.enter();
    let mut handles = PersistentHandles::new(&scope);
    let messages = [
        panic_message(|| Eternal::new(&scope, dead)),
        panic_message(|| handles.add(&scope, dead)),
        panic_message(|| scope.sealed().get(dead).value()),
        panic_message(|| scope.canonical().canonicalize(dead)),
        panic_message(|| WeakGlobal::with_callback(&scope, dead, |_| unreachable!())),
        panic_message(|| scope.add_finalizer(dead, (), |_, ()| unreachable!())),
    ];
    for message in messages {
        assert!(message.contains(DEAD), "{message}");
    }
    assert!(handles.is_empty());
    for kind in KINDS {
        scope.collect(kind);
        scope.verify().unwrap();
    }
}
