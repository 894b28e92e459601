//! Marking in steps: it begins and ends by itself, and nothing that the program does meanwhile is missed.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::code::InstructionStream;
use heapwright::prelude::*;
use heapwright::stress::Mode;
use heapwright::{CollectionReason, Growing, HeapPolicy, IsolateBuilder};
use heapwright_tests::Random;

#[heap_object]
pub struct Node {
    value: Smi,
    next: Tagged<Any>,
    weak: Weak<Node>,
}

#[heap_object]
pub struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

heap_classes! { static CLASSES = [Node, Array]; }

const MB: usize = 1 << 20;

fn builder() -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES)
}

/// Marks all the time, an object at each allocation, and checks it at each collection. None comes by itself, and no thread
/// helps.
fn stressed() -> IsolateBuilder {
    builder().gc_threads(1).stress(u32::MAX, CollectionKind::Young).stress_marking().verify(true)
}

fn old<'s>(scope: &mut HandleScope<'s>, value: i32) -> Handle<'s, Node> {
    Node::try_new_in(scope, AllocationType::Old, NodeInit { value, next: smi(0), weak: Nil }).unwrap()
}

/// Takes the slow path of young allocation so many times: marking goes on by as many objects.
fn mark_on(scope: &mut HandleScope<'_>, objects: usize) {
    for _ in 0..objects {
        let mut inner = scope.nested();
        Node::new(&mut inner, NodeInit { value: 0, next: smi(0), weak: Nil });
    }
}

/// Adds old nodes of so many bytes to a list.
fn grow(scope: &mut HandleScope<'_>, list: Handle<'_, Node>, bytes: usize) {
    for value in 0..(bytes / Node::SIZE) as i32 {
        let mut inner = scope.nested();
        let next = list.get(&inner).next();
        let next = inner.handle(next);
        let node = Node::try_new_in(&mut inner, AllocationType::Old, NodeInit { value, next, weak: Nil }).unwrap();
        list.get(&inner).set_next(node.get(&inner));
    }
}

#[test]
fn marking_is_through_before_the_old_generation_is_due() {
    for threads in [1, 2, 4] {
        marking_is_through(threads);
    }
}

fn marking_is_through(threads: usize) {
    let mut isolate = builder().unstressed(Mode::Allocations).gc_threads(threads).build().unwrap(); // counts steps
    let mut scope = isolate.enter();
    let list = old(&mut scope, -1);
    grow(&mut scope, list, 70 * MB);
    let statistics = scope.statistics();
    let steps = statistics.marking_steps;
    assert!(steps.count > 5 && steps.visited + steps.elsewhere > 20 * MB as u64, "{steps:?}");
    assert!(threads > 1 || steps.elsewhere == 0, "{steps:?}");
    assert!(steps.longest_pause <= steps.pause);
    let full: Vec<_> = statistics.collections.iter().filter(|of| of.kind == CollectionKind::Full).collect();
    assert!(!full.is_empty() && full.iter().all(|of| of.reason == CollectionReason::MarkingComplete), "{full:?}");
    let mut expected = std::iter::successors(list.get(&scope).next().try_cast::<Node>(), |node| node.next().try_cast());
    let first = expected.next().unwrap().value();
    assert!(expected.zip((0..first).rev()).all(|(node, value)| node.value() == value));
}

#[test]
fn without_it_all_is_marked_in_one_pause() {
    // It asks why it was collected.
    let mut isolate =
        builder().unstressed(Mode::Allocations).unstressed(Mode::Marking).incremental_marking(false).build().unwrap();
    let mut scope = isolate.enter();
    let list = old(&mut scope, -1);
    grow(&mut scope, list, 50 * MB);
    let statistics = scope.statistics();
    assert_eq!(statistics.marking_steps.count, 0);
    let mut full = statistics.collections.iter().filter(|of| of.kind == CollectionKind::Full);
    assert!(full.all(|of| of.reason == CollectionReason::OldGenerationLimit));
}

#[test]
fn promotion_alone_drives_it() {
    // It counts steps.
    let mut isolate =
        builder().unstressed(Mode::Allocations).gc_threads(1).semi_space_size(256 << 10, 256 << 10).build().unwrap();
    let mut scope = isolate.enter();
    let array = Array::new(&mut scope, ArrayInit { elements: Filled::new(smi(0), 1 << 20) });
    for i in 0..2_000_000_usize {
        let mut inner = scope.nested();
        let node = Node::new(&mut inner, NodeInit { value: i as i32, next: smi(0), weak: Nil });
        array.get(&inner).set_elements(i % (1 << 20), node.get(&inner));
    }
    let statistics = scope.statistics();
    assert!(statistics.marking_steps.count > 10, "{:?}", statistics.marking_steps);
    assert!(statistics.full.count > 0);
    for (i, element) in array.get(&scope).elements_iter().enumerate() {
        let value = element.cast::<Node>().value() as usize;
        assert_eq!(value, if i + (1 << 20) < 2_000_000 { i + (1 << 20) } else { i });
    }
}

/// A list of young nodes grows, where all that is made lives; by single allocations, and by reservations.
#[test]
fn the_faster_it_is_the_more_steps_there_are_and_none_is_longer() {
    for is_reserved in [false, true] {
        let mut policy = HeapPolicy::default();
        (policy.marking_start, policy.marking_speed, policy.threads, policy.growing) = (90, 4, 1, Growing::Bytes);
        // It counts steps.
        let mut isolate =
            builder().unstressed(Mode::Allocations).unstressed(Mode::Marking).policy(policy).build().unwrap();
        let mut scope = isolate.enter();
        let list = old(&mut scope, -1);
        let mut longest = 0;
        let mut before = scope.statistics().marking_steps;
        for value in 0..(105 * MB / Node::SIZE) as i32 {
            let mut inner = scope.nested();
            if is_reserved {
                let memory = inner.reserve(Node::SIZE).unwrap();
                let next = list.get(&memory).next();
                let node = Node::new_reserved(&memory, NodeInit { value, next, weak: Nil });
                list.get(&memory).set_next(node);
            } else {
                let next = list.get(&inner).next();
                let next = inner.handle(next);
                let node = Node::new(&mut inner, NodeInit { value, next, weak: Nil });
                list.get(&inner).set_next(node.get(&inner));
            }
            if value % 64 == 0 {
                let steps = inner.statistics().marking_steps;
                longest = longest.max((steps.visited - before.visited) / (steps.count - before.count).max(1));
                before = steps;
            }
        }
        let full = scope.statistics().full.count;
        assert!(full > 0 && before.count > 30, "{full} {before:?}");
        assert!(longest <= 2 * MB as u64, "{longest} of {before:?}, reserved: {is_reserved}");
    }
}

/// What is young has survived once, and none of it was ever promoted: nothing is expected to be, but all may be.
#[test]
fn it_is_through_before_a_scavenge_that_might_reach_the_limit() {
    let mut policy = HeapPolicy::default();
    (policy.threads, policy.initial_semi_space_size, policy.max_semi_space_size) = (1, 16 * MB, 16 * MB);
    // It asks what comes when.
    let mut isolate = builder().unstressed(Mode::Allocations).unstressed(Mode::Marking).policy(policy).build().unwrap();
    let mut scope = isolate.enter();
    let list = old(&mut scope, -1);
    grow(&mut scope, list, 27 * MB);
    let array = Array::new(&mut scope, ArrayInit { elements: Filled::new(smi(0), 6 * MB / Node::SIZE) });
    let mut at = 0;
    while scope.statistics().young.count == 0 {
        for _ in 0..64 {
            let mut inner = scope.nested();
            let node = Node::new(&mut inner, NodeInit { value: 0, next: smi(0), weak: Nil });
            array.get(&inner).set_elements(at, node.get(&inner));
            at = (at + 1) % (6 * MB / Node::SIZE);
        }
    }
    let first = scope.statistics().collections[0];
    assert!(first.copied > 5 * MB && first.promoted < 2 * MB, "{first}");
    while scope.statistics().full.count == 0 {
        for _ in 0..64 {
            Node::new(&mut scope.nested(), NodeInit { value: 0, next: smi(0), weak: Nil });
        }
    }
    let statistics = scope.statistics();
    let last = statistics.collections.last().unwrap();
    assert_eq!(last.reason, CollectionReason::MarkingComplete, "{last}");
    let steps = statistics.marking_steps;
    assert!(steps.visited > 20 * MB as u64, "{steps:?}");
}

/// A persistent list: its first node is always young, and what lies behind that is old.
#[test]
fn what_only_young_objects_refer_to_is_marked_in_steps() {
    let mut policy = HeapPolicy::default();
    (policy.threads, policy.initial_semi_space_size, policy.max_semi_space_size) = (1, MB, MB);
    // It asks what comes when.
    let mut isolate = builder().unstressed(Mode::Allocations).unstressed(Mode::Marking).policy(policy).build().unwrap();
    let mut scope = isolate.enter();
    let mut first = {
        let mut inner = scope.nested();
        let list = old(&mut inner, -1);
        grow(&mut inner, list, 20 * MB);
        Global::new(&inner, list)
    };
    while scope.statistics().full.count == 0 {
        for _ in 0..64 {
            let mut inner = scope.nested();
            old(&mut inner, 0);
            // No handle refers to the second node when memory is short.
            let memory = inner.reserve(Node::SIZE).unwrap();
            let next = first.get(&memory).next();
            let node = Node::new_reserved(&memory, NodeInit { value: -1, next, weak: Nil });
            first = Global::from_ref(&memory, node);
        }
    }
    let last = *scope.statistics().collections.last().unwrap();
    assert_eq!(last.reason, CollectionReason::MarkingComplete);
    let steps = scope.statistics().marking_steps;
    assert!(steps.visited > 18 * MB as u64, "{steps:?}\n{last}");
}

/// An attempt to let marking find freed memory through young objects that are dead: they and the old ones that they refer to die all the
/// time, with full collections in between.
#[test]
fn dead_young_objects_lead_to_nothing_that_is_gone() {
    for threads in [1, 2] {
        let mut policy = HeapPolicy::default();
        (policy.threads, policy.growing, policy.max_heap_size) = (threads, Growing::Percent(120), 16 * MB);
        (policy.initial_semi_space_size, policy.max_semi_space_size) = (MB / 2, MB / 2);
        policy.initial_old_generation_limit = MB;
        // It counts collections.
        let builder = builder().unstressed(Mode::Allocations).unstressed(Mode::Marking);
        let mut isolate = builder.policy(policy).verify(true).build().unwrap();
        let mut scope = isolate.enter();
        let mut random = Random::new(threads as u64);
        let array = Array::new(&mut scope, ArrayInit { elements: Filled::new(smi(0), 100_000) });
        for value in 0..600_000 {
            let mut inner = scope.nested();
            let [from, to, at] = [0; 3].map(|_: i32| random.below(100_000));
            let next = array.get(&inner).elements(from);
            let next = inner.handle(next);
            let place = if value % 3 == 0 { AllocationType::Old } else { AllocationType::Young };
            let node = Node::try_new_in(&mut inner, place, NodeInit { value, next, weak: Nil }).unwrap();
            let array = array.get(&inner);
            array.set_elements(to, node.get(&inner));
            array.set_elements(at, smi(0));
            // No chain becomes long.
            if value % 8 == 0 {
                node.get(&inner).set_next(smi(0));
            }
        }
        let statistics = scope.statistics();
        assert!(statistics.full.count > 2 && statistics.marking_steps.count > 2, "{statistics:?}");
        scope.verify().unwrap();
    }
}

#[test]
fn what_is_moved_from_unvisited_to_visited_objects_lives() {
    for visited in 0..12 {
        let mut isolate = stressed().build().unwrap();
        let mut scope = isolate.enter();
        // A chain of old objects, of which some are visited when its end is moved to its beginning.
        let first = old(&mut scope, 0);
        let ends = {
            let mut inner = scope.nested();
            let mut last = inner.handle(first.get(&inner));
            let nodes: Vec<_> = (1..10)
                .map(|value| {
                    let node = old(&mut inner, value);
                    last.get(&inner).set_next(node.get(&inner));
                    last = node;
                    Global::new(&inner, node)
                })
                .collect();
            inner.collect(CollectionKind::Full);
            nodes
        };
        let before_last = {
            let inner = scope.nested();
            WeakGlobal::new(&inner, inner.handle(ends[7].get(&inner)))
        };
        drop(ends);
        mark_on(&mut scope, visited);
        {
            let before_last = before_last.get(&scope).unwrap();
            let last = before_last.next();
            before_last.set_next(smi(0));
            first.get(&scope).set_next(last);
        }
        mark_on(&mut scope, 30);
        scope.verify().unwrap();
        scope.collect(CollectionKind::Full);
        scope.verify().unwrap();
        assert_eq!(first.get(&scope).next().cast::<Node>().value(), 9, "after {visited}");
        scope.collect(CollectionKind::Full);
        assert!(before_last.get(&scope).is_none());
    }
}

#[test]
fn weak_references_are_cleared_whenever_they_were_stored() {
    for visited in 0..8 {
        let mut isolate = stressed().build().unwrap();
        let mut scope = isolate.enter();
        let (holder, kept) = (old(&mut scope, 1), old(&mut scope, 2));
        {
            let mut inner = scope.nested();
            let dead = old(&mut inner, 3);
            holder.get(&inner).set_weak(dead.get(&inner));
            kept.get(&inner).set_weak(kept.get(&inner));
        }
        scope.collect(CollectionKind::Full);
        assert!(holder.get(&scope).weak().is_none());
        mark_on(&mut scope, visited);
        {
            let mut inner = scope.nested();
            let dead = old(&mut inner, 4);
            holder.get(&inner).set_weak(dead.get(&inner));
        }
        mark_on(&mut scope, 10);
        // Begins anew, as it was asked for.
        scope.collect(CollectionKind::Full);
        assert!(holder.get(&scope).weak().is_none());
        assert_eq!(kept.get(&scope).weak().unwrap().value(), 2);
    }
}

#[test]
fn objects_made_meanwhile_and_what_they_refer_to_live() {
    let mut isolate = stressed().code_range(8 * MB).build().unwrap();
    let mut scope = isolate.enter();
    let holder = old(&mut scope, 1);
    for round in 0..20 {
        let mut inner = scope.nested();
        let white = old(&mut inner, round);
        holder.get(&inner).set_next(white.get(&inner));
        let white = WeakGlobal::new(&inner, white);
        inner.collect(CollectionKind::Full);
        mark_on(&mut inner, round as usize % 3);
        // A new old object takes over what the holder referred to; nobody else does.
        let next = inner.handle(white.get(&inner).unwrap());
        let new = if round % 2 == 0 {
            Node::try_new_in(&mut inner, AllocationType::Old, NodeInit { value: -round, next, weak: Nil }).unwrap()
        } else {
            Node::new(&mut inner, NodeInit { value: -round, next, weak: Nil })
        };
        holder.get(&inner).set_next(new.get(&inner));
        let large = Array::new(&mut inner, ArrayInit { elements: Filled::new(new, 70_000) });
        let code = InstructionStream::new(&mut inner, &[0xc3]);
        large.get(&inner).set_elements(1, code.get(&inner));
        new.get(&inner).set_weak(new.get(&inner));
        let large = Global::new(&inner, large);
        drop(inner);
        for kind in [CollectionKind::Young, CollectionKind::Full] {
            mark_on(&mut scope, round as usize);
            scope.collect(kind);
            let found = large.get(&scope).elements(0).cast::<Node>();
            assert_eq!(found.next().cast::<Node>().value(), round);
            assert_eq!(found.weak().unwrap().value(), -round);
            assert_eq!(large.get(&scope).elements(1).cast::<InstructionStream>().instructions(), [0xc3]);
        }
    }
}

#[test]
fn an_isolate_may_be_dropped_and_observed_while_marking_goes_on() {
    let mut isolate = stressed().build().unwrap();
    let mut scope = isolate.enter();
    let node = old(&mut scope, 1);
    mark_on(&mut scope, 1);
    scope.verify().unwrap();
    node.get(&scope).set_next(node.get(&scope));
    drop(scope);
    drop(isolate);
    let _ = stressed().build().unwrap();
}

/// Random changes of a graph of old and young objects, against a model.
#[test]
fn a_random_program_against_a_model() {
    for (seed, kind) in [(1, CollectionKind::Young), (2, CollectionKind::Full), (3, CollectionKind::Young)] {
        let interval = if kind == CollectionKind::Full { 40 } else { 7 };
        let mut isolate = stressed().stress(interval, kind).build().unwrap();
        let mut scope = isolate.enter();
        let mut random = Random::new(seed);
        const SLOTS: usize = 40;
        let roots =
            Array::try_new_in(&mut scope, AllocationType::Old, ArrayInit { elements: Filled::new(smi(0), SLOTS) })
                .unwrap();
        // For each root, the values of the chain that it leads to.
        let mut model: Vec<Vec<i32>> = vec![Vec::new(); SLOTS];
        for step in 0..2500 {
            let (to, from) = (random.below(SLOTS), random.below(SLOTS));
            match random.below(7) {
                0 | 1 => {
                    let mut inner = scope.nested();
                    let next = roots.get(&inner).elements(from);
                    let next = inner.handle(next);
                    let place = if random.one_in(2) { AllocationType::Old } else { AllocationType::Young };
                    let node = Node::try_new_in(&mut inner, place, NodeInit { value: step, next, weak: Nil }).unwrap();
                    roots.get(&inner).set_elements(to, node.get(&inner));
                    model[to] = std::iter::once(step).chain(model[from].iter().copied().take(30)).collect();
                    // Chains do not grow forever.
                    if let Some(end) = nodes(roots.get(&inner).elements(to)).nth(30) {
                        end.set_next(smi(0));
                        // Others may share the end.
                        for (at, values) in model.iter_mut().enumerate() {
                            *values = nodes(roots.get(&inner).elements(at)).map(Node::value).collect();
                        }
                    }
                }
                2 => {
                    roots.get(&scope).set_elements(to, smi(0));
                    model[to].clear();
                }
                3 => {
                    let value = roots.get(&scope).elements(from);
                    roots.get(&scope).set_elements(to, value);
                    model[to] = model[from].clone();
                }
                4 | 5 => {
                    // What is further back comes to the front, and what led to it is dropped.
                    let depth = 1 + random.below(3);
                    let moved = nodes(roots.get(&scope).elements(from)).nth(depth);
                    let tail: Vec<i32> = model[from].iter().copied().skip(depth).collect();
                    match moved {
                        Some(node) => roots.get(&scope).set_elements(to, node),
                        None => roots.get(&scope).set_elements(to, smi(0)),
                    }
                    model[to] = tail;
                    if to != from {
                        roots.get(&scope).set_elements(from, smi(0));
                        model[from].clear();
                    }
                }
                _ => {
                    let node = nodes(roots.get(&scope).elements(from)).next();
                    let weak = nodes(roots.get(&scope).elements(to)).last();
                    if let (Some(node), Some(weak)) = (node, weak) {
                        node.set_weak(weak);
                    }
                }
            }
            if step % 250 == 0 {
                for (at, values) in model.iter().enumerate() {
                    let found: Vec<i32> = nodes(roots.get(&scope).elements(at)).map(Node::value).collect();
                    assert_eq!(found, *values, "root {at} at step {step}");
                }
            }
        }
    }
}

fn nodes<'gc>(first: Tagged<'gc, Any>) -> impl Iterator<Item = &'gc Node> {
    std::iter::successors(first.try_cast::<Node>(), |node| node.next().try_cast())
}

#[heap_object]
pub struct Member {
    value: Smi,
    next: Weak<Member>,
}

#[heap_object]
pub struct Head {
    #[splice = next]
    first: Weak<Member>,
}

heap_classes! { static LISTS = [Member, Head]; }

/// A scavenge makes a visited object refer weakly to an old one that nobody has visited: by closing up a list.
#[test]
fn lists_that_close_up_meanwhile_do_not_refer_to_what_is_swept() {
    let mut isolate = stressed().classes(&LISTS).build().unwrap();
    let mut scope = isolate.enter();
    let head = Head::try_new_in(&mut scope, AllocationType::Old, HeadInit { first: Nil }).unwrap();
    let other = Head::try_new_in(&mut scope, AllocationType::Old, HeadInit { first: Nil }).unwrap();
    {
        // Old, and dead as soon as marking begins.
        let mut inner = scope.nested();
        let init = MemberInit { value: 1, next: Nil };
        let last = Member::try_new_in(&mut inner, AllocationType::Old, init).unwrap();
        inner.collect(CollectionKind::Full);
        other.get(&inner).set_first(last.get(&inner));
    }
    mark_on(&mut scope, 30);
    {
        let mut inner = scope.nested();
        let young = Member::new(&mut inner, MemberInit { value: 2, next: Nil });
        let last = other.get(&inner).first().expect("nothing is swept before marking ends");
        young.get(&inner).set_next(last);
        head.get(&inner).set_first(young.get(&inner));
    }
    scope.collect(CollectionKind::Young);
    assert_eq!(head.get(&scope).first().map(Member::value), Some(1));
    let before = scope.statistics().full.count;
    while scope.statistics().full.count == before {
        mark_on(&mut scope, 30);
        old(&mut scope.nested(), 3);
    }
    assert_eq!(scope.statistics().collections.last().unwrap().reason, CollectionReason::MarkingComplete);
    scope.verify().unwrap();
    assert!(head.get(&scope).first().is_none_or(|member| member.value() == 1));
    scope.collect(CollectionKind::Full);
    assert!(head.get(&scope).first().is_none());
}
