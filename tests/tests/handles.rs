//! Handles: scopes in scopes, escapes, blocks by the dozen, handles that outlive their scope; globals.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::prelude::*;
use heapwright_tests::panic_message;

#[heap_object]
pub struct Node {
    value: Smi,
    next: Tagged<Option<Node>>,
    either: Tagged<(Node, Smi)>,
    weak: Weak<Node>,
}

#[heap_object]
pub struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Option<Node>>],
}

heap_classes! { pub static CLASSES = [Node, Array]; }

/// Slots of a handle block. V8: 1022.
const BLOCK: usize = 1022;

fn isolate() -> Isolate {
    Isolate::builder().classes(&CLASSES).verify(true).build().unwrap()
}

fn init(value: i32) -> NodeInit<Nil, Smi, Nil> {
    NodeInit { value, next: Nil, either: smi(value), weak: Nil }
}

fn node<'s>(scope: &mut HandleScope<'s>, value: i32) -> Handle<'s, Node> {
    Node::new(scope, init(value))
}

#[test]
fn a_scope_takes_its_handles_with_it() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    assert_eq!(scope.handle_count(), 0);
    let a = node(&mut scope, 1);
    assert_eq!(scope.handle_count(), 1);
    {
        let mut inner = scope.nested();
        for i in 0..10 {
            node(&mut inner, i);
        }
        assert_eq!(inner.handle_count(), 11);
        {
            let mut innermost = inner.nested();
            node(&mut innermost, 0);
            assert_eq!(innermost.handle_count(), 12);
        }
        assert_eq!(inner.handle_count(), 11);
        assert_eq!(a.get(&inner).value(), 1);
    }
    assert_eq!(scope.handle_count(), 1);
    scope.collect(CollectionKind::Full);
    assert_eq!(scope.class_statistics().iter().find(|c| c.class.name() == "Node").unwrap().objects, 1);
    assert_eq!(a.get(&scope).value(), 1);
}

#[test]
fn two_hundred_scopes_in_each_other() {
    fn down<'o>(scope: &mut HandleScope<'o>, outer: &[Handle<'_, Node>], depth: i32) {
        let mut inner = scope.nested();
        let mut all = outer.to_vec();
        for i in 0..10 {
            all.push(node(&mut inner, depth * 10 + i));
        }
        if depth == 199 {
            inner.collect(CollectionKind::Young);
            inner.collect(CollectionKind::Full);
        } else {
            down(&mut inner, &all, depth + 1);
        }
        assert_eq!(inner.handle_count(), all.len());
        for (i, handle) in all.iter().enumerate() {
            assert_eq!(handle.get(&inner).value(), i as i32);
        }
    }
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    down(&mut scope, &[], 0);
    assert_eq!(scope.handle_count(), 0);
}

#[test]
fn thousands_of_handles_in_many_blocks_are_all_updated() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let handles: Vec<_> = (0..20 * BLOCK as i32 + 5).map(|i| node(&mut scope, i)).collect();
    assert_eq!(scope.handle_count(), handles.len());
    for kind in [CollectionKind::Young, CollectionKind::Young, CollectionKind::Full] {
        scope.collect(kind);
        for (i, handle) in handles.iter().enumerate() {
            assert_eq!(handle.get(&scope).value(), i as i32);
        }
    }
    drop(scope);
    assert_eq!(isolate.enter().handle_count(), 0);
}

/// Scopes that begin and end around the end of a block, where the stack goes on to the next.
#[test]
fn scopes_at_the_edges_of_blocks() {
    let mut isolate = isolate();
    for outer_count in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK - 1, 2 * BLOCK, 3 * BLOCK + 7] {
        for inner_count in [0, 1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
            let mut scope = isolate.enter();
            let outer: Vec<_> = (0..outer_count).map(|i| scope.handle(smi(i as i32))).collect();
            for round in 0..2 {
                let inner = scope.nested();
                let handles: Vec<_> = (0..inner_count).map(|i| inner.handle(smi((i + round) as i32))).collect();
                assert_eq!(inner.handle_count(), outer_count + inner_count);
                for (i, handle) in handles.iter().enumerate() {
                    assert_eq!(handle.get(&inner).as_smi(), Some((i + round) as i32));
                }
            }
            assert_eq!(scope.handle_count(), outer_count);
            scope.handle(smi(-1));
            assert_eq!(scope.handle_count(), outer_count + 1);
            for (i, handle) in outer.iter().enumerate() {
                assert_eq!(handle.get(&scope).as_smi(), Some(i as i32), "{outer_count} outer, {inner_count} inner");
            }
        }
    }
}

/// A loop at a block's edge enters and leaves the next block each time.
#[test]
fn a_loop_at_the_edge_of_a_block() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let outer: Vec<_> = (0..BLOCK - 1).map(|i| scope.handle(smi(i as i32))).collect();
    for i in 0..20_000 {
        let inner = scope.nested();
        let (a, b) = (inner.handle(smi(i)), inner.handle(smi(-i)));
        assert_eq!((a.get(&inner).as_smi(), b.get(&inner).as_smi()), (Some(i), Some(-i)));
    }
    assert!(outer.iter().enumerate().all(|(i, h)| h.get(&scope).as_smi() == Some(i as i32)));
}

#[test]
fn handles_hold_all_that_fields_hold() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let a = node(&mut scope, 1);
    let number = scope.handle(smi(-5));
    let either_smi = scope.handle(a.get(&scope).either());
    a.get(&scope).set_either(a);
    let either_node = scope.handle(a.get(&scope).either());
    let any = a.to_any();
    let object: Handle<'_, HeapObject> = a.upcast();
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        scope.collect(kind);
        assert_eq!(number.get(&scope).as_smi(), Some(-5));
        assert_eq!(either_smi.get(&scope).as_smi(), Some(1));
        let raw = a.get(&scope);
        assert!(core::ptr::eq(either_node.get(&scope).cast::<Node>(), raw));
        assert!(core::ptr::eq(any.get(&scope).cast::<Node>(), raw));
        assert!(core::ptr::eq(object.get(&scope).cast::<Node>(), raw));
        assert_eq!(any.get(&scope), raw.as_tagged());
    }
    assert_eq!(format!("{a:?} {number:?}"), "Handle Handle");
}

#[test]
fn an_escaped_handle_lives_in_the_outer_scope() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let before = scope.handle_count();
    let escaped = {
        let (mut inner, escape) = scope.escapable();
        for i in 0..3000 {
            node(&mut inner, i);
        }
        let chosen = node(&mut inner, 42);
        inner.collect(CollectionKind::Young);
        let escaped = escape.escape(&inner, chosen);
        inner.collect(CollectionKind::Young);
        assert_eq!(escaped.get(&inner).value(), 42);
        escaped
    };
    assert_eq!(scope.handle_count(), before + 1);
    for i in 0..2000 {
        node(&mut scope, i);
    }
    scope.collect(CollectionKind::Full);
    assert_eq!(escaped.get(&scope).value(), 42);
}

#[test]
fn an_escape_through_fifty_scopes() {
    fn build<'o>(scope: &mut HandleScope<'o>, depth: i32) -> Handle<'o, Node> {
        let (mut inner, escape) = scope.escapable();
        let result = if depth == 0 {
            node(&mut inner, 0)
        } else {
            let next = build(&mut inner, depth - 1);
            for i in 0..30 {
                node(&mut inner, i);
            }
            Node::new(&mut inner, NodeInit { value: depth, next, either: next, weak: next })
        };
        if depth % 10 == 5 {
            inner.collect(CollectionKind::Young);
        }
        escape.escape(&inner, result)
    }
    let mut isolate = Isolate::builder().classes(&CLASSES).stress(3, CollectionKind::Young).build().unwrap();
    let mut scope = isolate.enter();
    let list = build(&mut scope, 50);
    assert_eq!(scope.handle_count(), 1);
    scope.collect(CollectionKind::Full);
    let mut at = Some(list.get(&scope));
    let mut depth = 50;
    while let Some(node) = at {
        assert_eq!(node.value(), depth);
        let next = node.next();
        if let Some(next) = next {
            assert!(core::ptr::eq(next, node.either().cast::<Node>()));
            assert!(core::ptr::eq(next, node.weak().unwrap()));
        }
        (at, depth) = (next, depth - 1);
    }
    assert_eq!(depth, -1);
}

#[test]
fn an_escape_that_is_not_used_costs_one_empty_slot() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    for _ in 0..10 {
        let (mut inner, _) = scope.escapable();
        node(&mut inner, 1);
        inner.collect(CollectionKind::Young);
    }
    assert_eq!(scope.handle_count(), 10);
    scope.collect(CollectionKind::Full);
    scope.verify().unwrap();
}

#[test]
fn an_outer_handle_and_one_of_a_smi_can_escape() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let a = node(&mut scope, 1);
    let (inner, escape) = scope.escapable();
    let again = escape.escape(&inner, a);
    drop(inner);
    let (inner, escape) = scope.escapable();
    let number = inner.handle(smi(9));
    let number = escape.escape(&inner, number);
    drop(inner);
    scope.collect(CollectionKind::Young);
    assert!(core::ptr::eq(a.get(&scope), again.get(&scope)));
    assert_eq!(number.get(&scope).as_smi(), Some(9));
}

const DEAD: &str = "this handle's scope has ended";

/// What the borrow checker cannot see: a handle of an outermost scope that has ended, and another isolate's scope.
#[test]
fn a_dead_handle_is_an_error_wherever_it_is_used() {
    let (mut first, mut second) = (isolate(), isolate());
    let mut scope = first.enter();
    let dead = node(&mut scope, 1);
    let dead_any = scope.handle(smi(1));
    drop(scope);

    let mut scope = second.enter();
    let alive = node(&mut scope, 2);
    let messages = [
        panic_message(|| dead.get(&scope).value()),
        panic_message(|| dead_any.get(&scope).is_smi()),
        panic_message(|| alive.get(&scope).set_next(dead)),
        panic_message(|| alive.get(&scope).set_weak(dead)),
        panic_message(|| alive.get(&scope).set_either(dead)),
        panic_message(|| Global::new(&scope, dead)),
        panic_message(|| WeakGlobal::new(&scope, dead)),
        panic_message(|| Node::new(&mut scope, NodeInit { value: 0, next: dead, either: dead, weak: dead })),
        panic_message(|| {
            let init = NodeInit { value: 0, next: alive, either: smi(0), weak: dead };
            Node::try_new_in(&mut scope, AllocationType::Old, init)
        }),
        panic_message(|| Array::new(&mut scope, ArrayInit { elements: &[alive, dead, alive] })),
        panic_message(|| Array::new(&mut scope, ArrayInit { elements: Filled::new(dead, 50_000) })),
        panic_message(|| {
            let memory = scope.reserve(1000).unwrap();
            let init = NodeInit { value: 0, next: dead, either: smi(0), weak: Nil };
            Node::new_reserved(&memory, init);
        }),
        panic_message(|| {
            let (inner, escape) = scope.escapable();
            escape.escape(&inner, dead);
        }),
    ];
    for message in messages {
        assert!(message.contains(DEAD), "{message}");
    }
    // Objects whose making was broken off are not found by anyone.
    scope.verify().unwrap();
    assert!(alive.get(&scope).next().is_none() && alive.get(&scope).weak().is_none());
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        scope.collect(kind);
        scope.verify().unwrap();
        assert_eq!(alive.get(&scope).value(), 2);
    }
    let count = |name: &str| scope.class_statistics().iter().find(|c| c.class.name() == name).map_or(0, |c| c.objects);
    assert_eq!((count("Node"), count("Array")), (1, 0));
}

#[test]
fn one_isolate_is_entered_at_a_time() {
    let (mut first, mut second) = (isolate(), isolate());
    let (first_id, second_id) = (first.id(), second.id());
    assert_ne!(first_id, second_id);
    {
        let scope = first.enter();
        assert_eq!(scope.isolate_id(), first_id);
        assert_eq!(second.try_enter().unwrap_err().entered, first_id);
        assert!(panic_message(|| drop(second.enter())).contains("is entered on this thread"));
    }
    let scope = second.enter();
    assert_eq!(scope.isolate_id(), second_id);
    assert_eq!(first.try_enter().unwrap_err().entered, second_id);
    drop(scope);
    drop(first.try_enter().unwrap());
}

#[test]
fn another_isolate_may_be_dropped_while_one_is_entered() {
    let (mut first, second) = (isolate(), isolate());
    let mut scope = first.enter();
    let a = node(&mut scope, 1);
    drop(second);
    scope.collect(CollectionKind::Full);
    assert_eq!(a.get(&scope).value(), 1);
    assert!(isolate_is_refused());
    fn isolate_is_refused() -> bool {
        // Setting up enters the new isolate.
        matches!(Isolate::builder().build(), Err(heapwright::IsolateError::Enter(_)))
    }
}

#[test]
fn forgotten_scopes_only_leak() {
    let mut isolate = isolate();
    {
        let mut scope = isolate.enter();
        let outer = node(&mut scope, 1);
        for i in 0..100 {
            let mut inner = scope.nested();
            node(&mut inner, i);
            core::mem::forget(inner);
        }
        assert_eq!(scope.handle_count(), 101);
        scope.collect(CollectionKind::Full);
        assert_eq!(outer.get(&scope).value(), 1);
    }
    for i in 0..100 {
        let mut scope = isolate.enter();
        assert_eq!(scope.handle_count(), 0);
        for j in 0..BLOCK as i32 {
            node(&mut scope, i + j);
        }
        core::mem::forget(scope);
    }
    let mut scope = isolate.enter();
    assert_eq!(scope.handle_count(), 0);
    scope.collect(CollectionKind::Full);
    assert!(scope.class_statistics().iter().all(|c| c.class.name() != "Node"));
    drop(scope);
    drop(isolate);
    // The thread is free again.
    let mut other = self::isolate();
    drop(other.enter());
}

#[test]
fn globals_are_roots_that_clone_and_drop_anywhere() {
    let mut isolate = isolate();
    let globals: Vec<Global<Node>> = {
        let mut scope = isolate.enter();
        (0..1000)
            .map(|i| {
                let mut inner = scope.nested();
                let node = node(&mut inner, i);
                Global::new(&inner, node)
            })
            .collect()
    };
    let clones = globals.clone();
    {
        let mut scope = isolate.enter();
        scope.collect(CollectionKind::Young);
        scope.collect(CollectionKind::Full);
        for (i, (a, b)) in globals.iter().zip(&clones).enumerate() {
            assert_eq!(a.get(&scope).value(), i as i32);
            assert!(core::ptr::eq(a.get(&scope), b.get(&scope)));
        }
    }
    drop(globals);
    let nodes = |isolate: &mut Isolate| {
        let mut scope = isolate.enter();
        scope.collect(CollectionKind::Full);
        scope.class_statistics().iter().find(|c| c.class.name() == "Node").map_or(0, |c| c.objects)
    };
    assert_eq!(nodes(&mut isolate), 1000, "the clones keep them");
    let half = std::thread::spawn(move || {
        let mut clones = clones;
        clones.truncate(500);
        clones
    })
    .join()
    .unwrap();
    assert_eq!(nodes(&mut isolate), 500);
    drop(half);
    assert_eq!(nodes(&mut isolate), 0);
}

#[test]
fn globals_of_smis_and_unions() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let number = scope.handle(smi(77));
    let number = Global::new(&scope, number);
    let a = node(&mut scope, 3);
    let either = Global::from_ref(&scope, a.get(&scope).either());
    a.get(&scope).set_either(a);
    let itself = Global::from_ref(&scope, a.get(&scope).either());
    scope.collect(CollectionKind::Young);
    scope.collect(CollectionKind::Full);
    assert_eq!(number.get(&scope).as_smi(), Some(77));
    assert_eq!(either.get(&scope).as_smi(), Some(3));
    assert!(core::ptr::eq(itself.get(&scope).cast::<Node>(), a.get(&scope)));
    assert!(format!("{itself:?}").starts_with("Global of isolate "));
}

#[test]
fn a_global_knows_its_isolate_and_may_outlive_it() {
    let (mut first, mut second) = (isolate(), isolate());
    let global = {
        let mut scope = first.enter();
        let a = node(&mut scope, 1);
        Global::new(&scope, a)
    };
    {
        let scope = second.enter();
        let error = global.try_get(&scope).unwrap_err();
        assert_eq!((error.global, error.entered), (first.id(), scope.isolate_id()));
        assert!(panic_message(|| global.get(&scope).value()).contains("was used in isolate"));
    }
    let clone = global.clone();
    drop(first);
    let scope = second.enter();
    assert!(global.try_get(&scope).is_err());
    std::thread::spawn(move || drop(clone)).join().unwrap();
    drop((global, scope));
}

#[test]
fn a_dropped_global_frees_its_node_for_the_next() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let kept: Vec<_> = (0..10)
        .map(|i| {
            let a = node(&mut scope, i);
            Global::new(&scope, a)
        })
        .collect();
    for round in 0..5000 {
        let mut inner = scope.nested();
        let a = node(&mut inner, round);
        let (strong, weak) = (Global::new(&inner, a), WeakGlobal::new(&inner, a));
        drop(inner);
        if round % 500 == 0 {
            scope.collect(CollectionKind::Young);
        }
        assert_eq!((strong.get(&scope).value(), weak.get(&scope).unwrap().value()), (round, round));
    }
    scope.collect(CollectionKind::Full);
    assert_eq!(scope.class_statistics().iter().find(|c| c.class.name() == "Node").unwrap().objects, 10);
    assert!(kept.iter().enumerate().all(|(i, g)| g.get(&scope).value() == i as i32));
}
