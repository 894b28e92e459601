//! Evacuation: sparse chunks of OLD space are emptied and given back, every kind of reference follows what moves, pinned
//! objects stay, and want of memory half-way harms nothing.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::memory::{CHUNK_SIZE, FaultPlan, FaultyPageAllocator, OsPageAllocator, PageOperation};
use heapwright::stress::Mode;
use heapwright::{
    CollectionRecord, Eternal, HeapClass, IsolateBuilder, MemoryPressureLevel, PersistentHandles, Pinned, SpaceId,
    heap_roots, prelude::*,
};
use heapwright_tests::Random;
use std::sync::Arc;

#[heap_object]
pub struct Node {
    value: Smi,
    #[seq_cst(swap, compare_exchange)]
    next: Tagged<Any>,
    #[seq_cst(swap, compare_exchange)]
    weak: Weak<Node>,
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
    #[length = length]
    data: [u8],
}

#[heap_object(align = double)]
pub struct Aligned {
    next: Tagged<Any>,
    value: u64,
}

#[heap_object(open)]
pub struct Member {
    value: Smi,
    #[splice = next]
    next: Weak<Member>,
}

#[heap_struct]
pub struct Entry {
    key: Tagged<Any>,
    value: Tagged<MaybeObject>,
}

/// Slots of many kinds.
#[heap_object(copy)]
pub struct Slots {
    #[constant]
    count: Smi,
    raw: u32,
    padding: OptionalPadding<4>,
    strong: Tagged<Option<Node>>,
    either: Tagged<MaybeObject>,
    weak: Weak<Node>,
    #[splice = next]
    list: Weak<Member>,
    entry: Inline<Entry>,
    #[length = count]
    entries: [Inline<Entry>],
    #[present_if = count > 1]
    extra: Tagged<Any>,
}

heap_classes! { static CLASSES = [Node, Array, WeakArray, Bytes, Aligned, Member, Slots]; }

heap_roots! {
    pub static ROOTS, keys in roots, getters in EvacuationRoots, set up by set_up;
    node: Node,
}

fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let node = Node::try_new_in(scope, OLD, NodeInit { value: 77, next: smi(0), weak: Nil })?;
    scope.set_root(roots::node, node);
    Ok(())
}

const OLD: AllocationType = AllocationType::Old;
const FULL: CollectionKind = CollectionKind::Full;
const MB: usize = 1 << 20;

fn builder() -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES).roots(&ROOTS)
}

/// All that can move does so in each full collection, and the heap is looked through before and after.
fn stressed() -> IsolateBuilder {
    builder().stress_compaction().verify(true)
}

fn old<'s>(scope: &mut HandleScope<'s>, value: i32) -> Handle<'s, Node> {
    Node::try_new_in(scope, OLD, NodeInit { value, next: smi(0), weak: Nil }).unwrap()
}

fn address<T: HeapClass>(object: &T) -> usize {
    core::ptr::from_ref(object).addr()
}

fn old_chunks(scope: &HandleScope<'_>) -> usize {
    scope.chunks().iter().filter(|chunk| chunk.space == SpaceId::Old).count()
}

/// The last full collection.
fn last(scope: &HandleScope<'_>) -> CollectionRecord {
    let statistics = scope.statistics();
    *statistics.collections.iter().rfind(|record| record.kind == FULL).unwrap()
}

/// Fills `bytes` of OLD space with objects, of which one in `n` lives: they are elements of the array.
fn fragment<'s>(scope: &mut HandleScope<'s>, bytes: usize, n: usize) -> Handle<'s, Array> {
    let count = bytes / (Bytes::HEADER_SIZE + 100);
    let kept = Array::try_new_in(scope, OLD, ArrayInit { elements: Filled::new(smi(0), count.div_ceil(n)) }).unwrap();
    for i in 0..count {
        let mut inner = scope.nested();
        let data = Filled::new(i as u8, 100);
        let bytes = Bytes::try_new_in(&mut inner, OLD, BytesInit { data }).unwrap();
        if i % n == 0 {
            kept.get(&inner).set_elements(i / n, bytes.get(&inner));
        }
    }
    kept
}

/// For tests that ask what one collection moves of its own accord, or leaves.
fn unforced() -> IsolateBuilder {
    builder()
        .unstressed(Mode::Allocations)
        .unstressed(Mode::Marking)
        .unstressed(Mode::Compaction)
        .unstressed(Mode::AbortEvacuation)
}

#[track_caller]
fn check_kept(scope: &HandleScope<'_>, kept: Handle<'_, Array>, n: usize) {
    for (i, element) in kept.get(scope).elements_iter().enumerate() {
        let bytes = element.cast::<Bytes>();
        assert!(bytes.data_len() == 100 && bytes.data_iter().all(|byte| byte == (i * n) as u8), "element {i}");
    }
}

#[test]
fn fragmented_chunks_are_given_back() {
    let mut isolate = unforced().verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let kept = fragment(&mut scope, 12 * MB, 10);
    let before = (old_chunks(&scope), scope.memory_statistics().committed);
    assert!(before.0 >= 48);
    // The first finds what is free; those that follow move the rest.
    scope.collect(FULL);
    assert_eq!((old_chunks(&scope), last(&scope).evacuated), (before.0, 0), "nothing was known to be free");
    scope.collect(FULL);
    let record = last(&scope);
    assert!((MB..4 * MB).contains(&record.evacuated), "{record:?}");
    assert!(record.evacuated_chunks > 40 && record.aborted_chunks == 0, "{record:?}");
    let after = (old_chunks(&scope), scope.memory_statistics().committed);
    assert!(after.0 < before.0 / 5 && after.1 + (40 * CHUNK_SIZE) <= before.1, "{before:?} {after:?}");
    assert_eq!(scope.statistics().full.evacuated, record.evacuated as u64);
    check_kept(&scope, kept, 10);
    // Now they are dense, and stay where they are.
    scope.collect(FULL);
    assert_eq!(last(&scope).evacuated, 0);
    check_kept(&scope, kept, 10);
}

/// Objects that each refer to many of them, and back.
#[test]
fn threads_move_and_change_what_one_would() {
    let moved = |builder: IsolateBuilder| {
        let mut isolate = builder.incremental_marking(false).verify(true).build().unwrap();
        let mut scope = isolate.enter();
        let kept = fragment(&mut scope, 12 * MB, 10);
        let length = kept.get(&scope).elements_len();
        let again = Array::try_new_in(&mut scope, OLD, ArrayInit { elements: Filled::new(smi(0), length) }).unwrap();
        let stored = kept.get(&scope).elements_iter().enumerate();
        stored.for_each(|(i, element)| again.get(&scope).set_elements(length - 1 - i, element));
        scope.collect(FULL);
        scope.collect(FULL);
        check_kept(&scope, kept, 10);
        let places = |array: Handle<'_, Array>| -> Vec<usize> {
            array.get(&scope).elements_iter().map(|element| address(element.cast::<Bytes>())).collect()
        };
        let mut reversed = places(again);
        reversed.reverse();
        assert_eq!(places(kept), reversed);
        let CollectionRecord { evacuated, evacuated_chunks, aborted_chunks, .. } = last(&scope);
        assert!(evacuated > MB, "{evacuated} bytes");
        (evacuated, evacuated_chunks, aborted_chunks)
    };
    let by_one = moved(unforced().unstressed(Mode::Parallel).gc_threads(1));
    for _ in 0..4 {
        assert_eq!(moved(unforced().stress_threads()), by_one);
    }
    assert_eq!(moved(unforced().unstressed(Mode::Parallel).gc_threads(2)), by_one);
}

#[test]
fn a_collection_moves_no_more_than_its_quota() {
    let mut isolate = unforced().incremental_marking(false).build().unwrap();
    let mut scope = isolate.enter();
    let kept = fragment(&mut scope, 30 * MB, 5);
    scope.collect(FULL);
    let mut chunks = vec![old_chunks(&scope)];
    for _ in 0..3 {
        scope.collect(FULL);
        assert!(last(&scope).evacuated <= 4 * MB);
        chunks.push(old_chunks(&scope));
    }
    assert!(chunks[1] < chunks[0] && chunks[2] < chunks[1] && chunks[3] * 3 < chunks[0], "{chunks:?}");
    check_kept(&scope, kept, 5);
}

#[test]
fn memory_pressure_moves_what_a_plain_collection_leaves() {
    let mut isolate = unforced().verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let kept = fragment(&mut scope, 8 * MB, 2);
    scope.collect(FULL);
    scope.collect(FULL);
    assert_eq!(last(&scope).evacuated, 0, "half of each chunk is alive");
    let before = old_chunks(&scope);
    scope.memory_pressure(MemoryPressureLevel::Moderate);
    assert!(last(&scope).evacuated_chunks > before / 2 && old_chunks(&scope) < before * 2 / 3);
    check_kept(&scope, kept, 2);
}

#[test]
fn a_heap_that_is_full_of_holes_has_room_for_large_objects() {
    // Otherwise the holes stay.
    let builder = builder().unstressed(Mode::AbortEvacuation).max_heap_size(16 * MB).semi_space_size(MB, MB);
    let mut isolate = builder.verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let kept = fragment(&mut scope, 10 * MB, 4);
    let large = Bytes::try_new_in(&mut scope, OLD, BytesInit { data: Filled::new(3, 7 * MB) }).unwrap();
    assert_eq!(large.get(&scope).data(7 * MB - 1), 3);
    check_kept(&scope, kept, 4);
}

#[test]
fn without_compaction_old_objects_stay() {
    // Otherwise everything moves.
    let mut isolate = builder().unstressed(Mode::Compaction).compaction(false).build().unwrap();
    let mut scope = isolate.enter();
    let kept = fragment(&mut scope, 4 * MB, 10);
    let places = |scope: &HandleScope<'_>| -> Vec<usize> {
        kept.get(scope).elements_iter().map(|element| address(element.cast::<Bytes>())).collect()
    };
    let before = places(&scope);
    for _ in 0..3 {
        scope.collect(FULL);
    }
    scope.memory_pressure(MemoryPressureLevel::Critical);
    assert_eq!(places(&scope), before);
    assert_eq!(scope.statistics().full.evacuated, 0);
}

/// Collects, and says whether the object moved, which it must unless evacuations are aborted.
fn moves(scope: &mut HandleScope<'_>, node: Handle<'_, Node>) -> bool {
    let before = address(node.get(scope));
    scope.collect(FULL);
    address(node.get(scope)) != before
}

/// One object referred to in every way there is, and every way still leads to it when it has moved.
fn every_reference(builder: IsolateBuilder, must_move: bool) {
    let mut isolate = builder.build().unwrap();
    let mut scope = isolate.enter();
    let node = old(&mut scope, 1);
    let weak_only = old(&mut scope, 2);
    let keeps_weak_only = old(&mut scope, 3);
    keeps_weak_only.get(&scope).set_next(weak_only.get(&scope));
    let member = Member::try_new_in(&mut scope, OLD, MemberInit { value: 5, next: Nil }).unwrap();
    let list = {
        let mut inner = scope.nested();
        let gone = Member::try_new_in(&mut inner, OLD, MemberInit { value: 4, next: member }).unwrap();
        let entry = EntryInit { key: node, value: Weakly(weak_only) };
        let init = SlotsInit {
            count: 2,
            raw: 0xdead_bee5,
            strong: node,
            either: Weakly(node),
            weak: weak_only,
            list: gone,
            entry,
            entries: &[EntryInit { key: node, value: Weakly(weak_only) }, EntryInit { key: node, value: Weakly(node) }],
            extra: Some(node),
        };
        let slots = Slots::try_new_in(&mut inner, OLD, init).unwrap();
        Global::new(&inner, slots)
    };
    let array = Array::try_new_in(&mut scope, OLD, ArrayInit { elements: Filled::new(smi(0), 9) }).unwrap();
    let large = Array::try_new_in(&mut scope, OLD, ArrayInit { elements: Filled::new(smi(0), 90_000) }).unwrap();
    let weak_array = WeakArray::try_new_in(&mut scope, OLD, WeakArrayInit { elements: Filled::new(Nil, 9) }).unwrap();
    array.get(&scope).set_elements(3, node.get(&scope));
    large.get(&scope).set_elements(89_999, node.get(&scope));
    weak_array.get(&scope).set_elements(8, node.get(&scope));
    weak_array.get(&scope).set_elements(7, weak_only.get(&scope));
    node.get(&scope).set_next(node.get(&scope));
    node.get(&scope).set_weak(weak_only.get(&scope));
    let (global, weak_global) = (Global::new(&scope, node), WeakGlobal::new(&scope, weak_only));
    let eternal = Eternal::new(&scope, node);
    let mut persistent = PersistentHandles::new(&scope);
    let key = persistent.add(&scope, node);
    scope.set_root(roots::node, node);
    let died = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let _registered = {
        let died = Arc::clone(&died);
        WeakGlobal::with_callback(&scope, weak_only, move |_| {
            died.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        })
    };
    let ids = |scope: &mut HandleScope<'_>| -> Vec<u64> {
        let snapshot = scope.heap_snapshot();
        let mut ids: Vec<_> =
            snapshot.nodes().iter().filter(|node| snapshot.name(node) == "Node").map(|n| n.id).collect();
        ids.sort_unstable();
        ids
    };
    scope.collect(FULL);
    let first_ids = ids(&mut scope);
    assert_eq!(first_ids.len(), 3);
    let mut scope = scope.canonical();
    let canonical = scope.canonicalize(node);
    let mut moved = 0;
    for round in 0..6 {
        moved += usize::from(moves(&mut scope, node));
        let (slots, at) = (list.get(&scope), address(node.get(&scope)));
        let weak = address(weak_only.get(&scope));
        assert_eq!(node.get(&scope).value() + weak_only.get(&scope).value(), 3);
        assert_eq!((slots.raw(), slots.count()), (0xdead_bee5, 2));
        assert_eq!(slots.strong().map(address), Some(at));
        assert_eq!(slots.either().as_weak().map(|object| object.address()), Some(at));
        assert_eq!(slots.weak().map(address), Some(weak));
        assert_eq!(slots.list().map(address), Some(address(member.get(&scope))), "the list has closed up");
        assert_eq!(slots.entry().key().as_object().map(|object| object.address()), Some(at));
        assert_eq!(slots.entry().value().as_weak().map(|object| object.address()), Some(weak));
        assert_eq!(slots.entries(0).key().as_object().map(|object| object.address()), Some(at));
        assert_eq!(slots.entries(0).value().as_weak().map(|object| object.address()), Some(weak));
        assert_eq!(slots.entries(1).value().as_weak().map(|object| object.address()), Some(at));
        assert_eq!(slots.extra().unwrap().as_object().map(|object| object.address()), Some(at));
        assert_eq!(address(array.get(&scope).elements(3).cast::<Node>()), at);
        assert_eq!(address(large.get(&scope).elements(89_999).cast::<Node>()), at);
        assert_eq!(weak_array.get(&scope).elements(8).map(address), Some(at));
        assert_eq!(weak_array.get(&scope).elements(7).map(address), Some(weak));
        assert_eq!(address(node.get(&scope).next().cast::<Node>()), at);
        assert_eq!(node.get(&scope).weak().map(address), Some(weak));
        assert_eq!(address(global.get(&scope)), at);
        assert_eq!(weak_global.get(&scope).map(address), Some(weak));
        assert_eq!(address(eternal.get(&scope)), at);
        assert_eq!(address(persistent.get(&scope, key)), at);
        assert_eq!(address(scope.root(roots::node)), at);
        assert_eq!(address(canonical.get(&scope)), at);
        let again = scope.canonicalize(node);
        assert!(again == canonical && scope.len() == 1, "round {round}");
        assert_eq!(ids(&mut scope), first_ids);
        assert_eq!(died.load(std::sync::atomic::Ordering::Relaxed), 0);
    }
    assert!(moved > 0 && (moved == 6 || !must_move), "{moved}");
}

#[test]
fn every_kind_of_reference_follows() {
    // Otherwise not all moves.
    every_reference(stressed().unstressed(Mode::AbortEvacuation), true);
    every_reference(stressed().unstressed(Mode::AbortEvacuation).incremental_marking(false), true);
    every_reference(stressed().unstressed(Mode::AbortEvacuation).stress_threads(), true);
}

#[test]
fn every_kind_of_reference_is_right_when_evacuations_are_aborted() {
    for seed in 0..12 {
        every_reference(stressed().stress_evacuation_aborts(seed), false);
        every_reference(stressed().stress_evacuation_aborts(seed).stress_threads(), false);
    }
}

/// A program that stores in each way while marking is under way, against a model; objects move in each full collection.
#[test]
fn stores_between_steps_of_marking_are_not_missed() {
    for (seed, aborts) in [(1, false), (2, true), (3, false), (4, true)] {
        let mut builder = stressed().stress(60, FULL).stress_marking();
        if aborts {
            builder = builder.stress_evacuation_aborts(seed);
        }
        let mut isolate = builder.build().unwrap();
        let mut scope = isolate.enter();
        let mut random = Random::new(seed);
        const SLOTS: usize = 30;
        // Large, so that it does not move itself: what moves is visited anew.
        let array = Array::try_new_in(&mut scope, OLD, ArrayInit { elements: Filled::new(smi(0), 40_000) }).unwrap();
        let entries: Vec<_> = (0..SLOTS).map(|_| EntryInit { key: smi(0), value: smi(0) }).collect();
        let slots = {
            let init = SlotsInit {
                count: SLOTS as i32,
                raw: 0,
                strong: Nil,
                either: smi(0),
                weak: Nil,
                list: Nil,
                entry: EntryInit { key: smi(0), value: smi(0) },
                entries: &entries[..],
                extra: Some(smi(0)),
            };
            Slots::try_new_in(&mut scope, OLD, init).unwrap()
        };
        // What each element refers to strongly; entries refer to the same, weakly or strongly.
        let mut model = [0_i32; SLOTS];
        for step in 1..3000 {
            let (to, from) = (random.below(SLOTS), random.below(SLOTS));
            let mut inner = scope.nested();
            match random.below(8) {
                0 | 1 => {
                    let place = if random.one_in(2) { OLD } else { AllocationType::Young };
                    let next = inner.handle(array.get(&inner).elements(from));
                    let node = Node::try_new_in(&mut inner, place, NodeInit { value: step, next, weak: Nil }).unwrap();
                    array.get(&inner).set_elements(to, node.get(&inner));
                    slots.get(&inner).entries(to).set_value(Weakly(node));
                    model[to] = step;
                }
                2 => {
                    array.get(&inner).set_elements(to, array.get(&inner).elements(from));
                    match array.get(&inner).elements(from).try_cast::<Node>() {
                        Some(node) => slots.get(&inner).entries(to).set_value(node),
                        None => slots.get(&inner).entries(to).set_value(smi(0)),
                    }
                    model[to] = model[from];
                }
                3 => {
                    // What hung behind comes to the front.
                    let array = array.get(&inner);
                    let next = array.elements(from).try_cast::<Node>().and_then(|node| node.next().try_cast::<Node>());
                    model[to] = next.map_or(0, Node::value);
                    match next {
                        Some(next) => {
                            array.set_elements(to, next);
                            slots.get(&inner).entries(to).set_value(Weakly(next));
                        }
                        None => {
                            array.set_elements(to, smi(0));
                            slots.get(&inner).entries(to).set_value(smi(0));
                        }
                    }
                }
                4 => {
                    let copy = Slots::try_copy_in(&mut inner, OLD, slots).unwrap();
                    let mut kept = inner.nested();
                    Node::new(&mut kept, NodeInit { value: 0, next: smi(0), weak: Nil });
                    for (at, value) in model.iter().enumerate() {
                        let found = copy.get(&kept).entries(at).value().try_cast::<Node>().map_or(0, Node::value);
                        assert_eq!(found, *value, "copy, element {at} at step {step}");
                    }
                }
                5 => {
                    let first = array.get(&inner).elements(from).try_cast::<Node>();
                    let second = array.get(&inner).elements(to).try_cast::<Node>();
                    if let (Some(first), Some(second)) = (first, second) {
                        first.set_weak(second);
                        second.swap_weak(Some(first));
                        // Elements that were read above do not change: the nodes are given as much before them.
                        let next = first.swap_next(second);
                        assert!(first.compare_exchange_next(second, next).is_ok());
                        slots.get(&inner).set_strong(first);
                        slots.get(&inner).set_extra(second);
                        slots.get(&inner).entry().set_key(first);
                    }
                }
                6 => {
                    array.get(&inner).set_elements(to, smi(0));
                    slots.get(&inner).entries(to).set_value(smi(0));
                    model[to] = 0;
                }
                _ => {
                    // The slot held nothing that moves when it was visited.
                    let node = old(&mut inner, step);
                    array.get(&inner).set_elements(to, node.get(&inner));
                    slots.get(&inner).entries(to).set_value(node);
                    model[to] = step;
                }
            }
            if step % 50 == 0 {
                for (at, value) in model.iter().enumerate() {
                    let node = array.get(&inner).elements(at).try_cast::<Node>();
                    assert_eq!(node.map_or(0, Node::value), *value, "element {at} at step {step}");
                    let entry = slots.get(&inner).entries(at).value().try_cast::<Node>().map(address);
                    assert_eq!(entry, node.map(address), "entry {at} at step {step}");
                }
            }
        }
        assert!(scope.statistics().full.evacuated > 0);
    }
}

/// Marks on until marking is complete, and collects then: chunks that were chosen when it began are evacuated.
fn finish_marking(scope: &mut HandleScope<'_>) -> CollectionRecord {
    let full = scope.statistics().full.count;
    while scope.statistics().full.count == full {
        let mut inner = scope.nested();
        Bytes::try_new_in(&mut inner, OLD, BytesInit { data: Filled::new(0, 100_000) }).unwrap();
    }
    let record = last(scope);
    assert_eq!(record.reason, heapwright::CollectionReason::MarkingComplete);
    record
}

/// A list closes up in a scavenge, from a slot that marking has visited when it was empty, to what is to be evacuated.
#[test]
fn lists_that_close_up_meanwhile_lead_to_where_members_went() {
    for visited in (0..60).step_by(6) {
        let mut isolate = stressed().gc_threads(1).stress(u32::MAX, FULL).stress_marking().build().unwrap();
        let mut scope = isolate.enter();
        let slots = {
            let entry = EntryInit { key: smi(0), value: smi(0) };
            let (strong, weak, list, extra) = (Nil, Nil, Nil, Some(smi(0)));
            // Large, so that it does not move itself: what moves is visited anew.
            let entries: Vec<_> = (0..40_000).map(|_| EntryInit { key: smi(0), value: smi(0) }).collect();
            let init = SlotsInit {
                count: 40_000,
                raw: 0,
                strong,
                either: smi(0),
                weak,
                list,
                entry,
                entries: &entries[..],
                extra,
            };
            Slots::try_new_in(&mut scope, OLD, init).unwrap()
        };
        let last = Member::try_new_in(&mut scope, OLD, MemberInit { value: 2, next: Nil }).unwrap();
        scope.collect(FULL);
        for _ in 0..visited {
            let mut inner = scope.nested();
            Node::new(&mut inner, NodeInit { value: 0, next: smi(0), weak: Nil });
        }
        {
            let mut inner = scope.nested();
            let gone = Member::new(&mut inner, MemberInit { value: 1, next: last });
            slots.get(&inner).set_list(gone);
        }
        scope.collect(CollectionKind::Young);
        assert_eq!(slots.get(&scope).list().map(address), Some(address(last.get(&scope))));
        let before = address(last.get(&scope));
        let record = finish_marking(&mut scope);
        assert!(record.evacuated > 0 && address(last.get(&scope)) != before, "{record:?}");
        assert_eq!(slots.get(&scope).list().map(address), Some(address(last.get(&scope))), "after {visited}");
    }
}

/// Marking in steps as it runs by itself: chunks are chosen when it begins, and what is stored meanwhile is found.
#[test]
fn marking_that_runs_by_itself_ends_in_evacuation() {
    // Otherwise not all moves, and collections come by themselves.
    let mut isolate = builder().unstressed(Mode::AbortEvacuation).unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let kept = fragment(&mut scope, 16 * MB, 8);
    scope.collect(FULL);
    let collections = scope.statistics().full.count;
    let mirror_length = kept.get(&scope).elements_len();
    let mirror =
        Array::try_new_in(&mut scope, OLD, ArrayInit { elements: Filled::new(smi(0), mirror_length) }).unwrap();
    let mut random = Random::new(9);
    while scope.statistics().full.count == collections {
        let mut inner = scope.nested();
        too_large_for_holes(&mut inner);
        for _ in 0..30 {
            let at = random.below(mirror_length);
            mirror.get(&inner).set_elements(at, kept.get(&inner).elements(at));
        }
    }
    let record = last(&scope);
    assert!(record.evacuated > MB && record.reason == heapwright::CollectionReason::MarkingComplete, "{record:?}");
    check_kept(&scope, kept, 8);
    for (element, of) in mirror.get(&scope).elements_iter().zip(kept.get(&scope).elements_iter()) {
        assert!(element.as_smi() == Some(0) || address(element.cast::<Bytes>()) == address(of.cast::<Bytes>()));
    }
    scope.verify().unwrap();
}

/// Marking that has chosen chunks is given up: what was free there is free again.
#[test]
fn marking_that_is_given_up_gives_free_memory_back() {
    let mut isolate = unforced().build().unwrap();
    let mut scope = isolate.enter();
    let kept = fragment(&mut scope, 8 * MB, 10);
    let old_space =
        |scope: &HandleScope<'_>| scope.statistics().spaces.into_iter().find(|(id, _)| *id == SpaceId::Old).unwrap().1;
    scope.collect(FULL);
    let before = old_space(&scope);
    assert!(before.available > 5 * MB, "{before:?}");
    let chosen = loop {
        too_large_for_holes(&mut scope);
        let now = old_space(&scope);
        if now.wasted > before.available / 2 {
            break now;
        }
        assert!(now.committed < 100 * MB, "marking does not begin");
    };
    assert!(chosen.available < MB, "{chosen:?}");
    assert!(chosen.used < chosen.committed - 5 * MB, "what waits to be evacuated is not in use: {chosen:?}");
    scope.collect(FULL);
    assert!(last(&scope).evacuated_chunks > before.chunks / 2, "{:?}", last(&scope));
    check_kept(&scope, kept, 10);
}

/// An object that fits no hole that `fragment` leaves.
fn too_large_for_holes(scope: &mut HandleScope<'_>) {
    let mut inner = scope.nested();
    Bytes::try_new_in(&mut inner, OLD, BytesInit { data: Filled::new(0, 5000) }).unwrap();
}

#[test]
fn copies_are_aligned_as_their_class_asks() {
    let mut isolate = stressed().build().unwrap();
    let mut scope = isolate.enter();
    let array = Array::try_new_in(&mut scope, OLD, ArrayInit { elements: Filled::new(smi(0), 400) }).unwrap();
    let mut random = Random::new(4);
    for round in 0..10 {
        for i in 0..400 {
            let mut inner = scope.nested();
            if random.one_in(3) {
                let value = (round * 1000 + i) as u64;
                let aligned = Aligned::try_new_in(&mut inner, OLD, AlignedInit { value, next: smi(i as i32) }).unwrap();
                array.get(&inner).set_elements(i, aligned.get(&inner));
            } else if random.one_in(3) {
                let odd =
                    Bytes::try_new_in(&mut inner, OLD, BytesInit { data: Filled::new(1, random.below(9)) }).unwrap();
                array.get(&inner).set_elements(i, odd.get(&inner));
            }
        }
        scope.collect(FULL);
        for (i, element) in array.get(&scope).elements_iter().enumerate() {
            if let Some(aligned) = element.try_cast::<Aligned>() {
                assert_eq!(address(aligned) % 8, 0);
                assert!(aligned.value() as usize % 1000 == i && aligned.next().as_smi() == Some(i as i32));
            }
        }
    }
}

#[test]
fn pinned_objects_stay_where_they_are() {
    // Otherwise not all moves.
    let mut isolate = stressed().unstressed(Mode::AbortEvacuation).build().unwrap();
    let mut scope = isolate.enter();
    let (pinned, free) = (old(&mut scope, 1), old(&mut scope, 2));
    pinned.get(&scope).set_next(free.get(&scope));
    let first = scope.pin(pinned).unwrap();
    let at = first.address();
    assert_eq!(at, address(pinned.get(&scope)));
    assert!(!moves(&mut scope, pinned) && address(pinned.get(&scope)) == at);
    // Pins are counted, clones and second pins alike.
    let clone = first.clone();
    let second = scope.pin(pinned).unwrap();
    drop(first);
    assert!(!moves(&mut scope, pinned));
    drop(second);
    assert!(!moves(&mut scope, pinned));
    assert_eq!((clone.address(), clone.get(&scope).value()), (at, 1));
    std::thread::spawn(move || drop(clone)).join().unwrap();
    assert!(moves(&mut scope, pinned));
    assert_eq!(pinned.get(&scope).next().cast::<Node>().value(), 2);
}

#[test]
fn a_pin_keeps_alive_and_makes_old() {
    let mut isolate = stressed().build().unwrap();
    let pin = {
        let mut scope = isolate.enter();
        let young = Node::new(&mut scope, NodeInit { value: 8, next: smi(0), weak: Nil });
        let pin = scope.pin(young).unwrap();
        assert_eq!(pin.get(&scope).space(), SpaceId::Old);
        assert_eq!(scope.statistics().collections.last().unwrap().reason, heapwright::CollectionReason::Pin);
        // Large ones stay where they are in any case.
        let large = Array::new(&mut scope, ArrayInit { elements: Filled::new(smi(0), 90_000) });
        let before = address(large.get(&scope));
        let large = scope.pin(large).unwrap();
        assert_eq!((large.address(), large.get(&scope).space()), (before, SpaceId::LargeObject));
        pin
    };
    let mut scope = isolate.enter();
    scope.collect(FULL);
    assert_eq!((pin.get(&scope).value(), address(pin.get(&scope))), (8, pin.address()));
    let weak = {
        let inner = scope.nested();
        WeakGlobal::new(&inner, inner.handle(pin.get(&inner)))
    };
    drop(pin);
    scope.collect(FULL);
    assert!(weak.get(&scope).is_none());
}

/// The chunk was chosen when marking began, and then something there was pinned.
#[test]
fn a_pin_counts_while_marking_is_under_way() {
    for _ in 0..3 {
        let mut isolate = stressed().gc_threads(1).stress(u32::MAX, FULL).stress_marking().build().unwrap();
        let mut scope = isolate.enter();
        let nodes: Vec<_> = (0..100).map(|value| old(&mut scope, value)).collect();
        for pair in nodes.windows(2) {
            pair[0].get(&scope).set_next(pair[1].get(&scope));
        }
        scope.collect(FULL);
        // Marking begins, and some slots are noted.
        for _ in 0..40 {
            let mut inner = scope.nested();
            Node::new(&mut inner, NodeInit { value: 0, next: smi(0), weak: Nil });
        }
        let pin = scope.pin(nodes[50]).unwrap();
        let record = finish_marking(&mut scope);
        assert!(record.aborted_chunks > 0, "{record:?}");
        assert_eq!(address(nodes[50].get(&scope)), pin.address());
        for (value, node) in nodes.iter().enumerate() {
            assert_eq!(node.get(&scope).value(), value as i32);
        }
        scope.verify().unwrap();
    }
}

#[test]
fn a_pin_of_what_has_to_stay_young_is_refused_with_numbers() {
    let mut isolate = stressed().max_heap_size(8 * MB).semi_space_size(MB, MB).build().unwrap();
    let mut scope = isolate.enter();
    while Bytes::try_new_in(&mut scope, OLD, BytesInit { data: Filled::new(0, 30_000) }).is_ok() {}
    let young = Bytes::new(&mut scope, BytesInit { data: Filled::new(1, 30_000) });
    let error = scope.pin(young).unwrap_err();
    assert!(error.size > 30_000 && error.limit == 8 * MB && error.available < MB, "{error:?}");
    assert!(error.to_string().starts_with(&format!("an object of {} bytes cannot be pinned", error.size)));
    assert_eq!(young.get(&scope).data(29_999), 1);
    scope.verify().unwrap();
}

#[test]
fn a_pin_is_of_one_isolate_and_outlives_it() {
    let mut first = stressed().build().unwrap();
    let pin: Pinned<Node> = {
        let mut scope = first.enter();
        let node = old(&mut scope, 1);
        scope.pin(node).unwrap()
    };
    let mut second = stressed().build().unwrap();
    {
        let scope = second.enter();
        assert!(pin.try_get(&scope).is_err());
    }
    drop(first);
    let clone = pin.clone();
    drop(pin);
    assert!(format!("{clone:?}").starts_with("Pinned at 0x"));
}

/// The heap is at its limit, so no chunk can be had for copies: as much moves as there is room for.
#[test]
fn evacuation_without_memory_loses_nothing() {
    without_memory(stressed());
}

#[test]
fn evacuation_by_threads_without_memory_loses_nothing() {
    without_memory(stressed().stress_threads());
}

fn without_memory(builder: IsolateBuilder) {
    let mut isolate = builder.max_heap_size(8 * MB).semi_space_size(MB, MB).build().unwrap();
    let mut scope = isolate.enter();
    let head = old(&mut scope, 0);
    let mut count = 0;
    loop {
        let mut inner = scope.nested();
        let data = Filled::new(count as u8, 3000);
        let Ok(bytes) = Bytes::try_new_in(&mut inner, OLD, BytesInit { data }) else { break };
        let next = inner.handle(head.get(&inner).next());
        let Ok(node) = Node::try_new_in(&mut inner, OLD, NodeInit { value: count, next, weak: Nil }) else { break };
        let pair =
            Array::try_new_in(&mut inner, OLD, ArrayInit { elements: &[bytes.upcast::<HeapObject>(), node.upcast()] });
        let Ok(pair) = pair else { break };
        head.get(&inner).set_next(pair.get(&inner));
        count += 1;
    }
    assert!(count > 1000);
    for _ in 0..3 {
        scope.collect(FULL);
        assert!(last(&scope).aborted_chunks > 0);
        let mut at = head.get(&scope).next();
        for value in (0..count).rev() {
            let pair = at.cast::<Array>();
            let (bytes, node) = (pair.elements(0).cast::<Bytes>(), pair.elements(1).cast::<Node>());
            assert!(node.value() == value && bytes.data_iter().all(|byte| byte == value as u8));
            at = node.next();
        }
    }
}

/// Every call to the system fails from some moment on.
#[test]
fn evacuation_survives_a_system_without_memory() {
    for after in 0..12 {
        let pages = Arc::new(FaultyPageAllocator::new(OsPageAllocator::default()));
        let builder = if after % 2 == 0 { stressed() } else { stressed().stress_threads() };
        let mut isolate = builder.page_allocator(pages.clone()).build().unwrap();
        let mut scope = isolate.enter();
        let kept = fragment(&mut scope, 3 * MB, 3);
        scope.memory_pressure(MemoryPressureLevel::Moderate);
        pages.fail(FaultPlan::From(after / 2 + 1), &PageOperation::ALL);
        for _ in 0..3 {
            scope.collect(FULL);
            check_kept(&scope, kept, 3);
        }
        pages.fail(FaultPlan::Never, &PageOperation::ALL);
        scope.collect(FULL);
        check_kept(&scope, kept, 3);
    }
}

/// What had to stay young is referred to by what moves, and the other way round.
#[test]
fn young_objects_that_found_no_room_are_still_known() {
    let mut isolate = builder().verify(true).max_heap_size(8 * MB).semi_space_size(MB, MB).build().unwrap();
    let mut scope = isolate.enter();
    let nodes: Vec<_> = (0..200).map(|value| old(&mut scope, value)).collect();
    let mut fillers = Vec::new();
    while let Ok(bytes) = Bytes::try_new_in(&mut scope, OLD, BytesInit { data: Filled::new(0, 30_000) }) {
        fillers.push(Global::new(&scope, bytes));
    }
    for round in 0..4 {
        let young = Array::new(&mut scope, ArrayInit { elements: Filled::new(smi(0), 200) });
        let big = Bytes::new(&mut scope, BytesInit { data: Filled::new(7, 30_000) });
        for (i, node) in nodes.iter().enumerate() {
            young.get(&scope).set_elements(i, node.get(&scope));
            node.get(&scope).set_next(if i % 2 == 0 {
                big.get(&scope).upcast::<HeapObject>()
            } else {
                young.get(&scope).upcast()
            });
        }
        scope.memory_pressure(MemoryPressureLevel::Moderate);
        for (i, node) in nodes.iter().enumerate() {
            assert_eq!(address(young.get(&scope).elements(i).cast::<Node>()), address(node.get(&scope)));
            let next = node.get(&scope).next().as_object().unwrap().address();
            assert_eq!(next, if i % 2 == 0 { address(big.get(&scope)) } else { address(young.get(&scope)) });
        }
        scope.verify().unwrap();
        // Some of what fills the heap dies, so that there are holes to move to.
        let mut index = 0;
        fillers.retain(|_: &Global<Bytes>| {
            index += 1;
            index % 7 != round
        });
    }
}
