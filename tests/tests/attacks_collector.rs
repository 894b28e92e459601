//! What safe code might ask of the collector to break it: each attempt is an error, or does no harm.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::HeapPolicy;
use heapwright::prelude::*;

#[heap_object]
pub struct Node {
    value: Smi,
    next: Tagged<Option<Node>>,
}

heap_classes! { static CLASSES = [Node]; }

/// Makes a list, collects, and looks whether it is still there.
fn assert_works(scope: &mut HandleScope<'_>) {
    let mut scope = scope.nested();
    let head = Node::try_new_in(&mut scope, AllocationType::Old, NodeInit { value: -1, next: Nil }).unwrap();
    for value in 0..20_000 {
        let mut inner = scope.nested();
        let next = head.get(&inner).next().map(|next| inner.handle(next));
        let node = Node::new(&mut inner, NodeInit { value, next });
        head.get(&inner).set_next(node.get(&inner));
    }
    scope.collect(CollectionKind::Young);
    scope.collect(CollectionKind::Full);
    let list = std::iter::successors(head.get(&scope).next(), |node| node.next());
    assert!(list.map(Node::value).eq((0..20_000).rev()));
    scope.verify().unwrap();
}

#[test]
fn no_number_of_threads_is_too_large() {
    for stress in [false, true] {
        let builder = Isolate::builder().classes(&CLASSES).gc_threads(usize::MAX).stress_marking();
        let builder = if stress { builder.stress_threads() } else { builder };
        let mut isolate = builder.build().unwrap();
        assert_works(&mut isolate.enter());
    }
}

#[test]
fn numbers_of_a_policy_may_be_as_large_as_they_get() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let extremes: [fn(&mut HeapPolicy, usize); 6] = [
        |policy, value| policy.threads = value,
        |policy, value| policy.initial_old_generation_limit = value,
        |policy, value| policy.external_memory_step = value,
        |policy, value| policy.total_budget = Some(value),
        |policy, value| policy.max_heap_size = value,
        |policy, value| policy.max_semi_space_size = value,
    ];
    for set in extremes {
        for value in [0, 1, usize::MAX / 2, usize::MAX] {
            let before = scope.policy();
            let mut policy = before.clone();
            set(&mut policy, value);
            // Refused with an error that says why, or taken; the heap works on either way.
            if scope.set_policy(&policy).is_ok() {
                assert_works(&mut scope);
                scope.set_policy(&before).unwrap();
            }
            assert_works(&mut scope);
        }
    }
}

#[test]
fn external_memory_does_not_overflow() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    for delta in [isize::MAX, isize::MAX, isize::MAX, isize::MIN, isize::MIN, isize::MIN, 1, -2] {
        scope.adjust_external_memory(delta);
        // More than there is in the world leaves no room for objects: an error, and nothing is lost.
        let _ = Node::try_new_in(&mut scope, AllocationType::Old, NodeInit { value: 1, next: Nil });
        scope.verify().unwrap();
    }
    assert_works(&mut scope);
    for bytes in [0, 1, usize::MAX / 2, usize::MAX] {
        drop(scope.try_register_external_memory(bytes));
        assert_works(&mut scope);
    }
}
