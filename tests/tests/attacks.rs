//! What safe code can try at run time: each attempt panics with a clear message, is an `Err`, or does no harm. After
//! each, the heap is verified and goes on working.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::prelude::*;
use heapwright::stress;
use heapwright::{IsolateError, Map, OutOfMemoryReason, SpaceId};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A list node.
#[heap_object(open)]
pub struct Node {
    value: Smi,
    next: Tagged<Option<Node>>,
    any: Tagged<Any>,
    friend: Weak<Node>,
}

/// A node with another reference.
#[heap_object(extends = Node)]
pub struct Fork {
    left: Tagged<(Node, Array, Smi)>,
}

#[heap_object]
pub struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

#[heap_object]
pub struct WeakArray {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Weak<Node>],
}

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[constant]
    #[length = length]
    data: [u8],
}

#[heap_object]
pub struct Floats {
    #[constant]
    length: Smi,
    #[length = length]
    data: [f64],
}

/// Without setters: may be read-only.
#[heap_object]
pub struct Constant {
    #[constant]
    value: Smi,
    #[constant]
    other: Tagged<Any>,
    #[constant]
    weak: Weak<Constant>,
}

/// A map with more fields.
#[heap_object(extends = Map)]
pub struct Shape {
    parent_shape: Tagged<Any>,
}

/// A map that may be too large for its space.
#[heap_object(extends = Map)]
pub struct LongShape {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

/// In no registry.
#[heap_object]
pub struct Stranger {
    value: Smi,
}

heap_classes! { pub static CLASSES = [Node, Fork, Array, WeakArray, Bytes, Floats, Constant, Shape, LongShape]; }

fn isolate() -> Isolate {
    Isolate::builder().classes(&CLASSES).verify(true).build().unwrap()
}

fn stressed(kind: CollectionKind) -> Isolate {
    Isolate::builder().classes(&CLASSES).verify(true).stress(1, kind).build().unwrap()
}

fn node(value: i32) -> NodeInit<Nil, Smi, Nil> {
    NodeInit { value, next: Nil, any: smi(value), friend: Nil }
}

/// The message that `attempt` panics with.
fn panic_of<R>(attempt: impl FnOnce() -> R) -> String {
    let payload = catch_unwind(AssertUnwindSafe(attempt)).err().expect("no panic");
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => payload.downcast_ref::<&str>().expect("a message").to_string(),
    }
}

#[track_caller]
fn assert_contains(text: &str, part: &str) {
    assert!(text.contains(part), "{text:?} does not say {part:?}");
}

/// The heap still allocates, collects and verifies.
#[track_caller]
fn assert_works(scope: &mut HandleScope<'_>) {
    scope.verify().unwrap();
    let mut scope = scope.nested();
    let list = Node::new(&mut scope, node(1));
    for value in 2..50 {
        let next = Node::new(&mut scope, node(value));
        next.get(&scope).set_next(list.get(&scope).next());
        list.get(&scope).set_next(next);
    }
    for kind in [CollectionKind::Young, CollectionKind::Young, CollectionKind::Full] {
        scope.collect(kind);
        scope.verify().unwrap();
    }
    let mut at = Some(list.get(&scope));
    let mut count = 0;
    while let Some(node) = at {
        count += 1;
        at = node.next();
    }
    assert_eq!(count, 49);
}

const DEAD: &str = "this handle's scope has ended";

// --- Isolates and threads.

#[test]
#[should_panic(expected = "is entered on this thread: one isolate at a time")]
fn a_second_isolate_is_not_entered() {
    let (mut a, mut b) = (isolate(), isolate());
    let _a = a.enter();
    let _b = b.enter();
}

#[test]
fn a_second_isolate_is_entered_when_the_first_is_left() {
    let (mut a, mut b) = (isolate(), isolate());
    let first = a.enter();
    let error = b.try_enter().unwrap_err();
    assert_eq!(error.entered, first.isolate_id());
    drop(first);
    assert_works(&mut b.enter());
    assert_works(&mut a.enter());
}

#[test]
fn a_panic_leaves_the_isolate() {
    let (mut a, mut b) = (isolate(), isolate());
    let message = panic_of(|| {
        let mut scope = a.enter();
        let mut inner = scope.nested();
        let (mut innermost, _escape) = inner.escapable();
        let node = Node::new(&mut innermost, node(1));
        assert_eq!(node.get(&innermost).value(), 2, "on purpose");
    });
    assert_contains(&message, "on purpose");
    assert_works(&mut b.enter());
    assert_works(&mut a.enter());
}

#[test]
fn no_isolate_is_made_while_another_is_entered() {
    let mut a = isolate();
    let mut scope = a.enter();
    let error = Isolate::builder().build().unwrap_err();
    assert!(matches!(error, IsolateError::Enter(_)), "{error}");
    assert_works(&mut scope);
}

#[test]
fn a_handle_of_an_ended_outermost_scope_is_dead_under_another_isolate() {
    let (mut a, mut b) = (isolate(), isolate());
    let (point, any, inner) = {
        let mut scope = a.enter();
        let point = Node::new(&mut scope, node(1));
        let any = scope.handle(smi(3));
        let (mut inner, escape) = scope.escapable();
        let escaped = Node::new(&mut inner, node(2));
        (point, any, escape.escape(&inner, escaped))
    };
    let mut scope = b.enter();
    assert_contains(&panic_of(|| point.get(&scope).value()), DEAD);
    assert_contains(&panic_of(|| any.get(&scope).as_smi()), DEAD);
    assert_contains(&panic_of(|| inner.get(&scope).value()), DEAD);
    assert_contains(&panic_of(|| point.upcast::<HeapObject>().get(&scope).class()), DEAD);
    assert_contains(&panic_of(|| point.to_any().get(&scope).is_smi()), DEAD);
    assert_contains(&panic_of(|| Global::new(&scope, point)), DEAD);
    assert_contains(&panic_of(|| WeakGlobal::new(&scope, point)), DEAD);
    let mine = Node::new(&mut scope, node(3));
    assert_contains(&panic_of(|| mine.get(&scope).set_next(point)), DEAD);
    assert_contains(&panic_of(|| mine.get(&scope).set_next(Some(point))), DEAD);
    assert_contains(&panic_of(|| mine.get(&scope).set_any(any)), DEAD);
    assert_contains(&panic_of(|| mine.get(&scope).set_friend(point)), DEAD);
    let message = panic_of(|| {
        let (inner, escape) = scope.escapable();
        escape.escape(&inner, point);
    });
    assert_contains(&message, DEAD);
    assert_works(&mut scope);
}

#[test]
fn a_dead_handle_in_a_new_object_leaves_a_whole_heap() {
    let (mut a, mut b) = (isolate(), isolate());
    let dead = Node::new(&mut a.enter(), node(1));
    let mut scope = b.enter();
    let live = Node::new(&mut scope, node(2));
    let big = |length| -> Vec<Handle<'_, Node>> {
        let mut elements = vec![live; length];
        elements[length - 1] = dead;
        elements
    };
    for allocation in [AllocationType::Young, AllocationType::Old, AllocationType::ReadOnly] {
        for length in [1, 2, 100, 9_000, 40_000, 500_000] {
            let elements = big(length);
            let message =
                panic_of(|| Array::try_new_in(&mut scope, allocation, ArrayInit { elements: &elements }).is_ok());
            let expected = if allocation == AllocationType::ReadOnly { "cannot be read-only" } else { DEAD };
            assert_contains(&message, expected);
            scope.verify().unwrap();
        }
    }
    for allocation in [AllocationType::Young, AllocationType::Old, AllocationType::ReadOnly] {
        let constant = ConstantInit { value: 1, other: dead, weak: Nil };
        assert_contains(&panic_of(|| Constant::try_new_in(&mut scope, allocation, constant).is_ok()), DEAD);
    }
    let parent = scope.map_init::<Node>();
    assert_contains(&panic_of(|| Shape::new(&mut scope, ShapeInit { parent, parent_shape: dead })), DEAD);
    scope.verify().unwrap();
    {
        let memory = scope.reserve(1 << 10).unwrap();
        let before = Node::new_reserved(&memory, node(1));
        assert_contains(
            &panic_of(|| Node::new_reserved(&memory, NodeInit { next: dead, value: 1, any: smi(1), friend: Nil })),
            DEAD,
        );
        assert_contains(
            &panic_of(|| Array::new_reserved(&memory, ArrayInit { elements: Filled::new(dead, 30) })),
            DEAD,
        );
        let after = Node::new_reserved(&memory, node(2));
        after.set_next(before);
        memory.verify().unwrap();
    }
    assert_works(&mut scope);
}

#[test]
fn a_global_of_another_isolate_is_an_error() {
    let (mut a, mut b) = (isolate(), isolate());
    let (id, strong, weak) = {
        let mut scope = a.enter();
        let node = Node::new(&mut scope, node(1));
        (scope.isolate_id(), Global::new(&scope, node), WeakGlobal::new(&scope, node))
    };
    {
        let mut scope = b.enter();
        let error = strong.try_get(&scope).map(|_| ()).unwrap_err();
        assert_eq!((error.global, error.entered), (id, scope.isolate_id()));
        assert_contains(&panic_of(|| strong.get(&scope).value()), "was used in isolate");
        assert_contains(&panic_of(|| weak.get(&scope).is_some()), "was used in isolate");
        assert_works(&mut scope);
    }
    assert_eq!(strong.get(&a.enter()).value(), 1);
}

#[test]
fn a_global_outlives_its_isolate() {
    let (strong, weak) = {
        let mut a = isolate();
        let mut scope = a.enter();
        let node = Node::new(&mut scope, node(1));
        (Global::new(&scope, node), WeakGlobal::new(&scope, node))
    };
    let clones: Vec<_> = (0..1000).map(|_| (strong.clone(), weak.clone())).collect();
    let mut b = isolate();
    let mut scope = b.enter();
    assert_contains(&panic_of(|| clones[7].0.get(&scope).value()), "was used in isolate");
    assert!(weak.try_get(&scope).is_err());
    drop(strong);
    std::thread::spawn(move || drop(clones)).join().unwrap();
    assert_works(&mut scope);
}

#[test]
fn globals_are_dropped_and_cloned_elsewhere_while_collecting() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let (send, receive) = std::sync::mpsc::channel::<Global<Node>>();
    let thread = std::thread::spawn(move || {
        let mut kept = Vec::new();
        for (i, global) in receive.into_iter().enumerate() {
            kept.extend([global.clone(), global.clone()]);
            drop(global);
            if i % 3 == 0 {
                kept.truncate(kept.len() / 2);
            }
        }
        kept
    });
    for value in 0..3000 {
        let mut inner = scope.nested();
        let node = Node::new(&mut inner, node(value));
        let global = Global::new(&inner, node);
        send.send(global).unwrap();
        if value % 50 == 0 {
            inner.collect(if value % 100 == 0 { CollectionKind::Full } else { CollectionKind::Young });
        }
    }
    drop(send);
    let kept = thread.join().unwrap();
    scope.collect(CollectionKind::Full);
    let values: std::collections::HashSet<i32> = kept.iter().map(|global| global.get(&scope).value()).collect();
    assert!(values.iter().all(|value| (0..3000).contains(value)) && !values.is_empty());
    assert_works(&mut scope);
}

#[test]
fn an_isolate_moves_to_another_thread_and_leaves_globals_behind() {
    let mut isolate = isolate();
    let global = {
        let mut scope = isolate.enter();
        let node = Node::new(&mut scope, node(5));
        Global::new(&scope, node)
    };
    let other = global.clone();
    let isolate = std::thread::spawn(move || {
        let mut isolate = isolate;
        {
            let mut scope = isolate.enter();
            assert_eq!(other.get(&scope).value(), 5);
            drop(other);
            assert_works(&mut scope);
        }
        isolate
    });
    let mut isolate = isolate.join().unwrap();
    let mut scope = isolate.enter();
    assert_eq!(global.get(&scope).value(), 5);
    assert_works(&mut scope);
}

#[test]
fn isolates_work_side_by_side_on_scoped_threads() {
    let mut isolates: Vec<_> = (0..4).map(|_| isolate()).collect();
    std::thread::scope(|threads| {
        for isolate in &mut isolates {
            threads.spawn(|| (0..20).for_each(|_| assert_works(&mut isolate.enter())));
        }
    });
    isolates.iter_mut().for_each(|isolate| assert_works(&mut isolate.enter()));
}

#[test]
fn an_isolate_is_entered_in_a_thread_local_destructor() {
    struct Last(std::cell::RefCell<Option<Isolate>>, Global<Node>);
    impl Drop for Last {
        fn drop(&mut self) {
            let mut isolate = self.0.take().unwrap();
            let mut scope = isolate.enter();
            assert_eq!(self.1.get(&scope).value(), 9);
            assert_works(&mut scope);
        }
    }
    thread_local! {
        static LAST: std::cell::OnceCell<Last> = const { std::cell::OnceCell::new() };
    }
    std::thread::spawn(|| {
        let mut isolate = isolate();
        let global = {
            let mut scope = isolate.enter();
            let node = Node::new(&mut scope, node(9));
            Global::new(&scope, node)
        };
        LAST.with(|last| assert!(last.set(Last(Some(isolate).into(), global)).is_ok()));
    })
    .join()
    .unwrap();
}

#[test]
fn an_isolate_is_dropped_while_another_is_entered() {
    let (mut a, b) = (isolate(), isolate());
    let mut scope = a.enter();
    drop(b);
    assert_works(&mut scope);
    drop(scope);
    assert_works(&mut isolate().enter());
}

#[test]
fn an_isolate_whose_scope_was_forgotten_is_dropped_on_another_thread() {
    std::thread::spawn(|| {
        let mut a = isolate();
        let mut scope = a.enter();
        Node::new(&mut scope, node(1));
        mem::forget(scope);
        std::thread::spawn(move || {
            let mut a = a;
            assert_works(&mut a.enter());
        })
        .join()
        .unwrap();
        // This thread never learns that the isolate was left: no other can be entered here. Safe, and the fault of
        // who forgot the scope.
        let error = Isolate::builder().build().unwrap_err();
        assert!(matches!(error, IsolateError::Enter(_)), "{error}");
    })
    .join()
    .unwrap();
}

#[test]
fn an_isolate_that_is_dropped_with_a_forgotten_scope_leaves_the_thread() {
    let mut a = isolate();
    mem::forget(a.enter());
    drop(a);
    assert_works(&mut isolate().enter());
}

// --- Forgotten guards.

#[test]
fn a_forgotten_outermost_scope_is_reset_by_the_next() {
    let mut isolate = stressed(CollectionKind::Full);
    for round in 0..3 {
        let mut scope = isolate.enter();
        assert_eq!(scope.handle_count(), 0, "round {round}");
        for value in 0..100 {
            Node::new(&mut scope, node(value));
        }
        let inner = scope.nested();
        mem::forget(inner);
        mem::forget(scope);
    }
    assert_works(&mut isolate.enter());
}

#[test]
fn a_forgotten_outermost_scope_keeps_others_out() {
    let (mut a, mut b) = (isolate(), isolate());
    let kept = {
        let mut scope = a.enter();
        let node = Node::new(&mut scope, node(1));
        mem::forget(scope);
        node
    };
    assert!(b.try_enter().is_err());
    let _ = kept; // alive, and of no use without a scope of `a`
    drop(a.enter());
    assert_works(&mut b.enter());
}

#[test]
fn forgotten_inner_scopes_only_leak_their_slots() {
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        let mut isolate = stressed(kind);
        let mut scope = isolate.enter();
        let list = Node::new(&mut scope, node(0));
        {
            let mut middle = scope.nested();
            for value in 0..40 {
                let mut inner = middle.nested();
                for _ in 0..100 {
                    let new = inner.handle(smi(value));
                    assert_eq!(new.get(&inner).as_smi(), Some(value));
                }
                let new = Node::new(&mut inner, node(value));
                list.get(&inner).set_next(new);
                mem::forget(inner);
            }
            let (mut inner, escape) = middle.escapable();
            Node::new(&mut inner, node(7));
            mem::forget((inner, escape));
            assert!(middle.handle_count() > 4000);
        }
        assert_eq!(list.get(&scope).next().unwrap().value(), 39);
        assert_eq!(scope.handle_count(), 1);
        assert_works(&mut scope);
    }
}

#[test]
fn an_escape_that_is_never_used_holds_nothing() {
    let mut isolate = stressed(CollectionKind::Full);
    let mut scope = isolate.enter();
    for _ in 0..100 {
        let (mut inner, escape) = scope.escapable();
        Node::new(&mut inner, node(1));
        let _never_used = escape;
        let (mut inner, _escape) = inner.escapable();
        Node::new(&mut inner, node(1));
    }
    assert_eq!(scope.handle_count(), 100);
    assert_works(&mut scope);
}

#[test]
fn escaped_handles_survive_many_blocks_of_inner_ones() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let mut kept = Vec::new();
    for value in 0..50 {
        let (mut inner, escape) = scope.escapable();
        let new = Node::new(&mut inner, node(value));
        for i in 0..3000 {
            inner.handle(smi(i));
        }
        kept.push(escape.escape(&inner, new));
    }
    scope.collect(CollectionKind::Full);
    for (value, node) in kept.iter().enumerate() {
        assert_eq!(node.get(&scope).value() as usize, value);
    }
    assert_works(&mut scope);
}

#[test]
fn a_forgotten_reservation_costs_nothing() {
    for stress in [None, Some(CollectionKind::Young), Some(CollectionKind::Full)] {
        let mut isolate = stress.map_or_else(isolate, stressed);
        let mut scope = isolate.enter();
        for bytes in [0, 1, 64, 4096, 100_000] {
            let memory = scope.reserve(bytes).unwrap();
            let kept = (bytes > 64).then(|| memory.handle(Node::new_reserved(&memory, node(1))));
            mem::forget(memory);
            scope.verify().unwrap();
            let other = Node::new(&mut scope, node(2));
            if let Some(kept) = kept {
                other.get(&scope).set_next(kept);
                scope.collect(CollectionKind::Young);
                assert_eq!(kept.get(&scope).value(), 1);
            }
            assert_works(&mut scope);
        }
    }
}

// --- Reservations.

#[test]
fn a_reservation_holds_what_it_was_made_for_and_no_more() {
    for stress in [None, Some(CollectionKind::Full)] {
        let mut isolate = stress.map_or_else(isolate, stressed);
        let mut scope = isolate.enter();
        {
            let memory = scope.reserve(2 * Node::SIZE).unwrap();
            let first = Node::new_reserved(&memory, node(1));
            let error = Fork::try_new_reserved(&memory, ForkInit { parent: node(2), left: first }).unwrap_err();
            assert_eq!((error.requested, error.available), (Fork::SIZE, Node::SIZE));
            let second = Node::new_reserved(&memory, node(2));
            second.set_next(first);
            assert_eq!(memory.available(), 0);
            assert_contains(&panic_of(|| Node::new_reserved(&memory, node(3))), "has 0 bytes left");
            assert_eq!(second.next().unwrap().value(), 1);
        }
        let large = heapwright::spaces::MAX_YOUNG_OBJECT_SIZE;
        let memory = scope.reserve(3 * large).unwrap();
        let error = Bytes::try_new_reserved(&memory, BytesInit { data: Filled::new(1, large) }).unwrap_err();
        assert_eq!(error.available, large);
        for length in [usize::MAX, usize::MAX / 2, isize::MAX as usize, usize::MAX / 8 + 1, usize::MAX / 4 + 1] {
            assert!(Floats::try_new_reserved(&memory, FloatsInit { data: Filled::new(1.0, length) }).is_err());
            assert!(Bytes::try_new_reserved(&memory, BytesInit { data: Filled::new(1, length) }).is_err());
            assert!(Array::try_new_reserved(&memory, ArrayInit { elements: Filled::new(smi(1), length) }).is_err());
        }
        drop(memory);
        assert_works(&mut scope);
    }
}

#[test]
fn a_reservation_that_is_too_large_is_an_error() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    for bytes in [1 << 20, 1 << 40, isize::MAX as usize, usize::MAX - 8, usize::MAX] {
        let error = scope.reserve(bytes).map(|_| ()).unwrap_err();
        assert!(matches!(error.reason, OutOfMemoryReason::TooLarge { .. }), "{bytes}: {error}");
    }
    drop(scope.reserve(Reservation::MAX).unwrap());
    assert_works(&mut scope);
}

#[test]
fn reservations_follow_each_other_under_stress() {
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        let mut isolate = stressed(kind);
        let mut scope = isolate.enter();
        let list = Node::new(&mut scope, node(0));
        for value in 1..200 {
            let memory = scope.reserve(3 * Node::SIZE).unwrap();
            let a = Node::new_reserved(
                &memory,
                NodeInit { value, next: list.get(&memory).next(), any: smi(0), friend: list },
            );
            let b = Node::new_reserved(&memory, NodeInit { value, next: a, any: a, friend: a });
            list.get(&memory).set_next(b);
        }
        let mut count = 0;
        let mut at = list.get(&scope).next();
        while let Some(node) = at {
            count += 1;
            at = node.next();
        }
        assert_eq!(count, 2 * 199);
        assert_works(&mut scope);
    }
}

// --- Values and indices.

#[test]
fn a_class_that_is_not_registered_is_refused() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let says = "class `Stranger` (attacks) is not registered in this isolate";
    assert_contains(&panic_of(|| Stranger::new(&mut scope, StrangerInit { value: 1 })), says);
    assert_contains(&panic_of(|| scope.class_map::<Stranger>().instance_type()), says);
    assert_contains(&panic_of(|| scope.map_init::<Stranger>()), says);
    {
        let memory = scope.reserve(64).unwrap();
        assert_contains(&panic_of(|| Stranger::new_reserved(&memory, StrangerInit { value: 1 })), says);
        Node::new_reserved(&memory, node(1));
    }
    assert_works(&mut scope);
}

#[test]
fn a_class_that_another_isolate_registered_is_refused_here() {
    heap_classes! { static STRANGERS = [Stranger]; }
    let mut other = Isolate::builder().classes(&STRANGERS).build().unwrap();
    Stranger::new(&mut other.enter(), StrangerInit { value: 1 });
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    assert_contains(
        &panic_of(|| Stranger::new(&mut scope, StrangerInit { value: 1 })),
        "is not registered in this isolate",
    );
    assert_works(&mut scope);
}

#[test]
fn an_index_out_of_bounds_panics() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let array = Array::new(&mut scope, ArrayInit { elements: Filled::new(smi(1), 3) });
    let weak = WeakArray::new(&mut scope, WeakArrayInit { elements: Filled::new(Nil, 3) });
    let bytes = Bytes::new(&mut scope, BytesInit { data: &[1, 2, 3] });
    let floats = Floats::new(&mut scope, FloatsInit { data: &[1.0] });
    let empty = Array::new(&mut scope, ArrayInit { elements: Filled::new(smi(1), 0) });
    for index in [3, 4, 1 << 31, usize::MAX / 4 + 1, usize::MAX] {
        let says = format!("index {index} is out of bounds: the object has 3 elements");
        assert_contains(&panic_of(|| array.get(&scope).elements(index)), &says);
        assert_contains(&panic_of(|| array.get(&scope).set_elements(index, array)), &says);
        assert_contains(&panic_of(|| weak.get(&scope).elements(index).is_some()), &says);
        assert_contains(&panic_of(|| weak.get(&scope).set_elements(index, Nil)), &says);
        assert_contains(&panic_of(|| bytes.get(&scope).data(index)), &says);
        assert_contains(&panic_of(|| floats.get(&scope).data(index)), "has 1 elements");
        assert_contains(&panic_of(|| floats.get(&scope).set_data(index, 2.0)), "has 1 elements");
    }
    assert_contains(&panic_of(|| empty.get(&scope).elements(0)), "has 0 elements");
    assert_eq!(empty.get(&scope).elements_iter().len(), 0);
    assert_eq!(bytes.get(&scope).data_slice(), [1, 2, 3]);
    assert_works(&mut scope);
}

#[test]
#[cfg(feature = "pointer-compression")]
fn an_integer_that_is_no_smi_is_refused_before_anything_is_changed() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let point = Node::new(&mut scope, node(1));
    for value in [1 << 30, i32::MAX, i32::MIN, -(1 << 30) - 1] {
        let says = format!("{value} does not fit a Smi");
        assert_contains(&panic_of(|| point.get(&scope).set_value(value)), &says);
        assert_contains(
            &panic_of(|| Node::new(&mut scope, NodeInit { value, next: Nil, any: smi(1), friend: Nil })),
            &says,
        );
        let parent = NodeInit { value, next: Nil, any: smi(1), friend: Nil };
        assert_contains(&panic_of(|| Fork::new(&mut scope, ForkInit { parent, left: smi(1) })), &says);
        assert_contains(&panic_of(|| smi(value)), "does not fit a Smi");
    }
    assert_eq!(point.get(&scope).value(), 1);
    assert_works(&mut scope);
}

#[test]
fn edges_of_smis_survive() {
    let mut isolate = stressed(CollectionKind::Young);
    let mut scope = isolate.enter();
    for value in [Smi::MIN, Smi::MAX, Smi::ZERO, smi(-1)] {
        let point = Node::new(&mut scope, NodeInit { value: value.value(), next: Nil, any: value, friend: Nil });
        scope.collect(CollectionKind::Full);
        assert_eq!(point.get(&scope).value(), value.value());
        assert_eq!(point.get(&scope).any().as_smi(), Some(value.value()));
    }
    assert_works(&mut scope);
}

#[test]
fn lengths_that_no_heap_holds_are_errors() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let smis = Smi::MAX.value() as usize;
    for length in [smis, smis + 1, 1 << 33, isize::MAX as usize, usize::MAX / 8 + 1, usize::MAX / 4 + 1, usize::MAX] {
        for allocation in [AllocationType::Young, AllocationType::Old] {
            let error = Array::try_new_in(&mut scope, allocation, ArrayInit { elements: Filled::new(smi(1), length) })
                .unwrap_err();
            assert_contains(&error.to_string(), "out of memory");
            let error =
                Floats::try_new_in(&mut scope, allocation, FloatsInit { data: Filled::new(1.0, length) }).unwrap_err();
            assert_eq!(matches!(error.reason, OutOfMemoryReason::TooLong { .. }), length > smis, "{error}");
            assert!(WeakArray::try_new(&mut scope, WeakArrayInit { elements: Filled::new(Nil, length) }).is_err());
        }
        if length > smis {
            assert!(Bytes::try_new(&mut scope, BytesInit { data: Filled::new(1, length) }).is_err());
        }
    }
    assert!(Bytes::size_for(usize::MAX) >= usize::MAX - 8 && Floats::size_for(usize::MAX / 4) >= usize::MAX - 8);
    let nothing = [Nil; 1 << 20];
    let weak = WeakArray::new(&mut scope, WeakArrayInit { elements: &nothing });
    assert_eq!(weak.get(&scope).elements_iter().flatten().count(), 0);
    assert_works(&mut scope);
}

#[test]
fn casts_that_do_not_hold_say_what_they_found() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let point = Node::new(&mut scope, node(1));
    assert!(point.get(&scope).try_cast::<Fork>().is_none());
    assert_contains(&panic_of(|| point.get(&scope).cast::<Fork>().left()), "cast to Fork of <Node");
    assert_contains(&panic_of(|| point.get(&scope).any().cast::<Node>().value()), "cast to Node of the Smi 1");
    let fork = Fork::new(&mut scope, ForkInit { parent: node(2), left: point });
    let union = fork.get(&scope).left();
    assert!(union.try_cast::<Array>().is_none() && union.try_cast::<Map>().is_none());
    assert!(fork.get(&scope).as_heap_object().try_cast::<Node>().is_some());
    assert_works(&mut scope);
}

// --- Maps.

#[test]
fn a_map_of_another_class_is_refused() {
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        let mut isolate = stressed(kind);
        let mut scope = isolate.enter();
        let parent = scope.map_init::<Node>();
        let shape = Shape::new(&mut scope, ShapeInit { parent, parent_shape: smi(1) });
        let young = AllocationType::Young;
        let message = panic_of(|| {
            scope.try_new_with_map::<Fork, _, _>(young, shape, ForkInit { parent: node(1), left: smi(1) }).is_ok()
        });
        assert_contains(&message, "a map of class Node cannot describe a Fork");
        let point = scope.try_new_with_map::<Node, _, _>(young, shape, node(3)).unwrap();
        let fork = Fork::new(&mut scope, ForkInit { parent: node(1), left: smi(1) });
        let message = panic_of(|| fork.get(&scope).set_map(shape.get(&scope)));
        assert_contains(&message, "a Fork cannot take a map of class Node");
        // The parent's view of an object does not change what it is.
        let message = panic_of(|| fork.get(&scope).upcast::<Node>().set_map(shape.get(&scope)));
        assert_contains(&message, "a Fork cannot take a map of class Node");
        point.get(&scope).set_map(scope.class_map::<Node>());
        point.get(&scope).set_map(shape.get(&scope));
        scope.collect(CollectionKind::Full);
        assert_eq!(point.get(&scope).map().try_cast::<Shape>().unwrap().parent_shape().as_smi(), Some(1));
        assert_eq!(point.get(&scope).value(), 3);
        assert_works(&mut scope);
    }
}

#[test]
fn a_map_lives_as_long_as_its_objects() {
    let mut isolate = stressed(CollectionKind::Full);
    let mut scope = isolate.enter();
    let point = {
        let (mut inner, escape) = scope.escapable();
        let young = Node::new(&mut inner, node(77));
        let parent = inner.map_init::<Node>();
        let shape = Shape::new(&mut inner, ShapeInit { parent, parent_shape: young });
        let point = inner.try_new_with_map::<Node, _, _>(AllocationType::Young, shape, node(3)).unwrap();
        escape.escape(&inner, point)
    };
    for _ in 0..50 {
        let parent = scope.map_init::<Array>();
        Shape::new(&mut scope.nested(), ShapeInit { parent, parent_shape: smi(0) });
    }
    let shape = point.get(&scope).map().cast::<Shape>();
    assert_eq!(shape.parent_shape().cast::<Node>().value(), 77);
    assert_eq!(point.get(&scope).class().name(), "Node");
    assert_works(&mut scope);
}

#[test]
fn what_a_map_says_cannot_come_from_another_isolate() {
    let (mut a, mut b) = (isolate(), Isolate::builder().classes(&FEW).verify(true).build().unwrap());
    heap_classes! { static FEW = [Shape, Node]; }
    let (parent, of_floats) = {
        let scope = a.enter();
        (scope.map_init::<Node>(), scope.map_init::<Floats>())
    };
    let mut scope = b.enter();
    // Refused or harmless: neither the statistics, which count by instance type, nor the verifier may fail later.
    let attempt = catch_unwind(AssertUnwindSafe(|| {
        let shape = Shape::new(&mut scope, ShapeInit { parent, parent_shape: smi(1) });
        let other = Shape::new(&mut scope, ShapeInit { parent: of_floats, parent_shape: smi(1) });
        let young = AllocationType::Young;
        scope.try_new_with_map::<Node, _, _>(young, shape, node(3)).unwrap();
        scope.try_new_with_map::<Floats, _, _>(young, other, FloatsInit { data: &[1.0, 2.0] }).unwrap();
    }));
    if attempt.is_ok() {
        scope.collect(CollectionKind::Young);
        scope.verify().unwrap();
        let statistics = scope.class_statistics();
        let nodes = statistics.iter().find(|class| class.class.name() == "Node");
        assert!(nodes.is_some_and(|nodes| nodes.objects == 1), "{statistics:?}");
    }
    assert_works(&mut scope);
}

#[test]
fn a_map_too_large_for_its_space_is_an_error() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let parent = scope.map_init::<Node>();
    let small = LongShape::new(&mut scope, LongShapeInit { parent, elements: Filled::new(smi(3), 10) });
    for length in [40_000, 70_000, 1 << 20] {
        // Large maps may be possible one day; what must not happen is a panic half-way.
        let attempt = catch_unwind(AssertUnwindSafe(|| {
            LongShape::try_new(&mut scope, LongShapeInit { parent, elements: Filled::new(smi(3), length) }).map(|_| ())
        }));
        scope.verify().unwrap();
        assert!(attempt.is_ok(), "a panic instead of an `Err` for a map of {length} elements");
    }
    assert_eq!(small.get(&scope).elements(9).as_smi(), Some(3));
    assert_works(&mut scope);
}

// --- Read-only.

#[test]
fn what_has_setters_is_not_read_only() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let read_only = AllocationType::ReadOnly;
    let says = "cannot be read-only";
    assert_contains(&panic_of(|| Node::try_new_in(&mut scope, read_only, node(1)).is_ok()), says);
    assert_contains(
        &panic_of(|| Fork::try_new_in(&mut scope, read_only, ForkInit { parent: node(1), left: smi(1) }).is_ok()),
        says,
    );
    assert_contains(&panic_of(|| Floats::try_new_in(&mut scope, read_only, FloatsInit { data: &[1.0] }).is_ok()), says);
    let parent = scope.map_init::<Constant>();
    let shape = Shape::new(&mut scope, ShapeInit { parent, parent_shape: smi(1) });
    let constant = ConstantInit { value: 1, other: smi(1), weak: Nil };
    assert_contains(&panic_of(|| scope.try_new_with_map::<Constant, _, _>(read_only, shape, constant).is_ok()), says);
    assert_works(&mut scope);
}

mod read_only_roots {
    use super::*;
    use std::cell::Cell;

    heapwright::heap_roots! {
        pub static ROOTS, keys in root, getters in ReadOnlyRoots, set up by set_up;
        plain: Constant,
        pair: Constant,
        bytes: Bytes,
        floating: Any,
    }

    thread_local! {
        /// What the setup tries: 0 is right.
        pub static ATTEMPT: Cell<u32> = const { Cell::new(0) };
    }

    fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
        let read_only = AllocationType::ReadOnly;
        let plain = Constant::try_new_in(scope, read_only, ConstantInit { value: 1, other: smi(1), weak: Nil })?;
        let pair = Constant::try_new_in(scope, read_only, ConstantInit { value: 2, other: plain, weak: plain })?;
        let bytes = Bytes::try_new_in(scope, read_only, BytesInit { data: b"read-only" })?;
        scope.set_root(root::plain, plain);
        scope.set_root(root::pair, pair);
        scope.set_root(root::bytes, bytes);
        scope.set_root(root::floating, smi(1));
        let young = Constant::try_new(scope, ConstantInit { value: 3, other: plain, weak: Nil })?;
        let in_array = Array::try_new(scope, ArrayInit { elements: &[plain] })?;
        let made = |other, weak| ConstantInit { value: 1, other, weak };
        match ATTEMPT.get() {
            1 => _ = Constant::try_new_in(scope, read_only, made(young.to_any(), None))?,
            2 => _ = Constant::try_new_in(scope, read_only, made(plain.to_any(), Some(young)))?,
            3 => _ = Constant::try_new_in(scope, read_only, made(in_array.to_any(), None))?,
            4 => {
                let map = scope.handle(scope.class_map::<Constant>());
                _ = Constant::try_new_in(scope, read_only, made(map.to_any(), None))?;
            }
            5 => panic!("the setup gives up"),
            6 => drop(Isolate::builder().build().map_err(|error| panic!("{error}"))),
            7 => {
                // Catches the panic and goes on.
                panic_of(|| Constant::try_new_in(scope, read_only, made(young.to_any(), None)).is_ok());
            }
            8 => {
                let shape = ShapeInit { parent: scope.map_init::<Constant>(), parent_shape: young };
                let shape = Shape::try_new(scope, shape)?;
                plain.get(scope).set_map(shape.get(scope));
            }
            9 => {
                let init = BytesInit { data: Filled::new(1, usize::MAX) };
                return Bytes::try_new_in(scope, read_only, init).map(|_| ());
            }
            _ => {}
        }
        Ok(())
    }
}

fn with_read_only(attempt: u32) -> Result<Isolate, IsolateError> {
    use read_only_roots::{ATTEMPT, ROOTS};
    ATTEMPT.set(attempt);
    Isolate::builder().classes(&CLASSES).roots(&ROOTS).verify(true).build()
}

#[test]
fn read_only_objects_refer_to_read_only_ones_alone() {
    use read_only_roots::ReadOnlyRoots;
    let mut isolate = with_read_only(0).unwrap();
    let mut scope = isolate.enter();
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        scope.collect(kind);
        assert_eq!(scope.pair().other().cast::<Constant>().value(), 1);
        assert_eq!(scope.pair().weak().unwrap().value(), 1);
        assert_eq!(scope.bytes().data_slice(), b"read-only");
        assert_eq!(scope.bytes().space(), SpaceId::ReadOnly);
    }
    let parent = scope.map_init::<Constant>();
    let shape = Shape::new(&mut scope, ShapeInit { parent, parent_shape: smi(1) });
    assert_contains(&panic_of(|| scope.plain().set_map(shape.get(&scope))), "of a read-only object cannot change");
    assert_works(&mut scope);
    for attempt in 1..=4 {
        drop(with_read_only(0).map_err(|error| assert_contains(&error.to_string(), "is entered")));
        assert!(with_read_only(attempt).is_err(), "entered");
    }
    drop(scope);
    for attempt in 1..=4 {
        assert_contains(&panic_of(|| with_read_only(attempt)), "may refer to read-only objects alone");
    }
    assert_contains(&panic_of(|| with_read_only(8)), "of a read-only object cannot change");
    assert_works(&mut isolate.enter());
}

#[test]
fn read_only_after_the_start_is_merely_old() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let read_only = AllocationType::ReadOnly;
    let young = Constant::new(&mut scope, ConstantInit { value: 1, other: smi(1), weak: Nil });
    let message = panic_of(|| {
        Constant::try_new_in(&mut scope, read_only, ConstantInit { value: 1, other: young, weak: Nil }).is_ok()
    });
    assert_contains(&message, "may refer to read-only objects alone");
    let late =
        Constant::try_new_in(&mut scope, read_only, ConstantInit { value: 2, other: smi(1), weak: Nil }).unwrap();
    scope.collect(CollectionKind::Full);
    assert_eq!(late.get(&scope).value(), 2);
    let bytes = Bytes::try_new_in(&mut scope, read_only, BytesInit { data: Filled::new(7, 1 << 20) }).unwrap();
    scope.collect(CollectionKind::Full);
    assert_eq!(bytes.get(&scope).data(1 << 19), 7);
    assert_works(&mut scope);
}

#[test]
fn a_setup_that_panics_leaves_the_thread_free() {
    assert_contains(&panic_of(|| with_read_only(5)), "the setup gives up");
    assert_contains(&panic_of(|| with_read_only(6)), "is entered on this thread");
    assert!(matches!(with_read_only(9), Err(IsolateError::OutOfMemory(_))));
    assert_works(&mut with_read_only(7).unwrap().enter());
    assert_works(&mut isolate().enter());
}

mod lazy_roots {
    use super::*;

    heapwright::heap_roots! {
        pub static ROOTS, keys in root, getters in LazyRoots, set up by set_up;
        first: Node,
        second: Node,
    }

    fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
        let message = panic_of(|| scope.second().value());
        assert_contains(&message, "root `second` of `ROOTS` has no value");
        let first = Node::try_new(scope, node(1))?;
        scope.set_root(root::first, first);
        Ok(())
    }
}

#[test]
fn a_root_is_set_before_it_is_read() {
    use lazy_roots::{LazyRoots, ROOTS};
    let error = Isolate::builder().classes(&CLASSES).roots(&ROOTS).build().unwrap_err();
    assert!(matches!(error, IsolateError::RootNotSet { root: "second", .. }), "{error}");
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    assert_contains(&panic_of(|| scope.first().value()), "give the table to `Isolate::builder().roots(…)`");
    assert_works(&mut scope);
}

// --- Memory.

#[test]
fn out_of_memory_loses_nothing() {
    for allocation in [AllocationType::Young, AllocationType::Old] {
        let limit = 8 << 20;
        let half = 256 << 10;
        let builder = Isolate::builder().classes(&CLASSES).max_heap_size(limit).semi_space_size(half, half);
        let mut isolate = builder.build().unwrap();
        let mut scope = isolate.enter();
        let list = Node::new(&mut scope, node(0));
        let mut made = 0;
        let error = loop {
            let mut inner = scope.nested();
            let made_one =
                Bytes::try_new_in(&mut inner, allocation, BytesInit { data: Filled::new(7, 200) }).and_then(|bytes| {
                    let init = NodeInit { value: made + 1, next: list, any: bytes, friend: list };
                    Node::try_new_in(&mut inner, allocation, init)
                });
            match made_one {
                Ok(new) => {
                    let rest = list.get(&inner).next();
                    new.get(&inner).set_next(rest);
                    list.get(&inner).set_next(new);
                    made += 1;
                }
                Err(error) => break error,
            }
        };
        assert!(made > 10_000, "{made}");
        assert!(matches!(error.reason, OutOfMemoryReason::HeapLimit { limit: said, .. } if said == limit), "{error}");
        scope.verify().unwrap();
        assert!(Bytes::try_new(&mut scope, BytesInit { data: Filled::new(1, 1 << 20) }).is_err());
        let mut at = list.get(&scope).next();
        for expected in (1..=made).rev() {
            let node = at.unwrap();
            assert_eq!(node.value(), expected);
            assert_eq!(node.any().cast::<Bytes>().data(199), 7);
            at = node.next();
        }
        list.get(&scope).set_next(Nil);
        assert_works(&mut scope);
        assert!(Bytes::try_new(&mut scope, BytesInit { data: Filled::new(1, 1 << 20) }).is_ok());
    }
}

/// A collection under stress shuts the area it has just emptied.
#[test]
fn stress_does_not_make_memory_scarce() {
    for interval in [1, 7, 5000] {
        let half = 256 << 10;
        let builder = Isolate::builder().classes(&CLASSES).semi_space_size(half, half);
        let mut isolate = builder.stress(interval, CollectionKind::Full).build().unwrap();
        let mut scope = isolate.enter();
        for value in 0..6000.min(interval * 4) {
            let made = Node::try_new(&mut scope.nested(), node(value as i32)).map(|_| ());
            assert!(made.is_ok(), "object {value} of an empty heap, interval {interval}: {made:?}");
            if value % 100 == 0 {
                assert!(scope.reserve(Node::SIZE).is_ok());
            }
        }
    }
}

#[test]
fn a_young_generation_that_survives_whole_is_kept() {
    let mut isolate = Isolate::builder()
        .classes(&CLASSES)
        .max_heap_size(8 << 20)
        .semi_space_size(256 << 10, 1 << 20)
        .verify(true)
        .build()
        .unwrap();
    let mut scope = isolate.enter();
    // Objects of a size that packs badly, all kept: a scavenge must find room for them or leave them where they are.
    let mut kept = Vec::new();
    let error = loop {
        let length = 7_900 + (kept.len() * 37) % 200;
        match Array::try_new(&mut scope, ArrayInit { elements: Filled::new(smi(kept.len() as i32), length / 2) }) {
            Ok(array) => kept.push((array, length / 2)),
            Err(error) => break error,
        }
    };
    assert_contains(&error.to_string(), "out of memory");
    for (i, (array, length)) in kept.iter().enumerate() {
        let array = array.get(&scope);
        assert_eq!(array.elements_len(), *length);
        assert_eq!(array.elements(length - 1).as_smi(), Some(i as i32));
    }
    scope.verify().unwrap();
}

#[test]
fn large_objects_remember_their_young_elements() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let array = Array::new(&mut scope, ArrayInit { elements: Filled::new(smi(0), 300_000) });
    let weak = WeakArray::new(&mut scope, WeakArrayInit { elements: Filled::new(Nil, 300_000) });
    for index in [0, 1, 65_000, 70_000, 131_072, 299_999] {
        let mut inner = scope.nested();
        let young = Node::new(&mut inner, node(index as i32));
        array.get(&inner).set_elements(index, young);
        weak.get(&inner).set_elements(index, young);
    }
    for kind in [CollectionKind::Young, CollectionKind::Young, CollectionKind::Full] {
        scope.collect(kind);
        for index in [0, 1, 65_000, 70_000, 131_072, 299_999] {
            let node = array.get(&scope).elements(index).cast::<Node>();
            assert_eq!(node.value(), index as i32);
            assert_eq!(weak.get(&scope).elements(index).unwrap().value(), index as i32);
        }
    }
    array.get(&scope).set_elements(70_000, smi(0));
    scope.collect(CollectionKind::Full);
    assert!(weak.get(&scope).elements(70_000).is_none());
    assert_works(&mut scope);
}

#[test]
fn old_objects_remember_the_young_ones_they_were_made_with() {
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        let mut isolate = stressed(kind);
        let mut scope = isolate.enter();
        let old = {
            let (mut inner, escape) = scope.escapable();
            let young = Node::new(&mut inner, node(5));
            let init = NodeInit { value: 1, next: young, any: young, friend: young };
            let old = Node::try_new_in(&mut inner, AllocationType::Old, init).unwrap();
            escape.escape(&inner, old)
        };
        scope.collect(CollectionKind::Young);
        let old = old.get(&scope);
        assert_eq!(old.next().unwrap().value(), 5);
        assert!(old.friend().is_some_and(|friend| friend.value() == 5));
        assert_works(&mut scope);
    }
}

#[test]
fn a_long_list_is_printed_collected_and_verified_without_recursion() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let list = Node::new(&mut scope, node(0));
    for value in 0..stress::scaled(300_000) as i32 {
        let memory = scope.reserve(Node::SIZE).unwrap();
        let new =
            Node::new_reserved(&memory, NodeInit { value, next: list.get(&memory).next(), any: smi(0), friend: list });
        list.get(&memory).set_next(new);
    }
    scope.collect(CollectionKind::Full);
    scope.verify().unwrap();
    assert!(format!("{:?} {:#?}", list.get(&scope), list.get(&scope)).len() < 2000);
}

#[test]
fn options_that_cannot_work_are_errors() {
    for builder in [
        Isolate::builder().max_heap_size(0),
        Isolate::builder().semi_space_size(0, 0),
        Isolate::builder().semi_space_size(1, 1 << 20),
        Isolate::builder().semi_space_size(2 << 20, 1 << 20),
        Isolate::builder().semi_space_size(usize::MAX, usize::MAX),
        Isolate::builder().semi_space_size(1 << 40, 1 << 40),
        Isolate::builder().semi_space_size(usize::MAX & !((256 << 10) - 1), usize::MAX & !((256 << 10) - 1)),
    ] {
        let text = format!("{builder:?}");
        assert!(builder.build().is_err(), "{text}");
    }
    let mut isolate = Isolate::builder()
        .classes(&CLASSES)
        .max_heap_size(usize::MAX)
        .stress(0, CollectionKind::Young)
        .build()
        .unwrap();
    assert_works(&mut isolate.enter());
}
