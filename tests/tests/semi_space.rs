//! Semi-spaces grow with what survives, and shrink when collections find them all but unused; what an embedder can do when
//! memory is short.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::spaces::SpaceStatistics;
use heapwright::stress::Mode;
use heapwright::{CollectionReason, IsolateBuilder, MemoryPressureLevel, SpaceId, prelude::*};
use heapwright_tests::{Random, panic_message};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

#[heap_object]
pub struct Node {
    value: Smi,
    next: Tagged<Any>,
}

#[heap_object]
pub struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Option<Bytes>>],
}

heap_classes! { pub static CLASSES = [Bytes, Node, Array]; }

const KB: usize = 1 << 10;
const MB: usize = 1 << 20;
const YOUNG: AllocationType = AllocationType::Young;
const OLD: AllocationType = AllocationType::Old;

fn builder(initial: usize, maximum: usize) -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES).semi_space_size(initial, maximum)
}

fn isolate(initial: usize, maximum: usize) -> Isolate {
    builder(initial, maximum).build().unwrap()
}

fn bytes<'s>(scope: &mut HandleScope<'s>, place: AllocationType, length: usize) -> Handle<'s, Bytes> {
    Bytes::try_new_in(scope, place, BytesInit { data: Filled::new(3, length) }).unwrap()
}

fn new_space(scope: &HandleScope<'_>) -> SpaceStatistics {
    scope.statistics().spaces.into_iter().find(|(id, _)| *id == SpaceId::New).unwrap().1
}

fn committed(scope: &HandleScope<'_>) -> usize {
    new_space(scope).committed
}

/// Makes survivors until the semi-spaces hold so much, or have stopped to grow.
fn grow(scope: &mut HandleScope<'_>) {
    for _ in 0..3 {
        let mut inner = scope.nested();
        (0..1200).for_each(|_| _ = bytes(&mut inner, YOUNG, 8 * KB));
    }
    scope.collect(CollectionKind::Full);
}

#[test]
fn they_halve_when_collections_in_a_row_find_them_all_but_unused() {
    // It counts collections.
    let mut isolate =
        builder(256 * KB, 4 * MB).unstressed(Mode::Allocations).unstressed(Mode::Marking).build().unwrap();
    let mut scope = isolate.enter();
    let smallest = committed(&scope);
    grow(&mut scope);
    let grown = committed(&scope);
    assert!(grown > 8 * MB, "{grown}");
    let mut sizes = vec![grown];
    let mut collections_at = vec![0];
    for i in 1..40 {
        // A little is allocated, and part of it lives.
        let mut inner = scope.nested();
        let kept = bytes(&mut inner, YOUNG, KB);
        inner.collect(if i % 3 == 0 { CollectionKind::Full } else { CollectionKind::Young });
        assert_eq!(kept.get(&inner).data(KB - 1), 3);
        inner.verify().unwrap();
        let now = committed(&inner);
        if now != sizes[sizes.len() - 1] {
            assert!(now < sizes[sizes.len() - 1]);
            sizes.push(now);
            collections_at.push(i);
        }
    }
    // 4 MiB, 2, 1, 512 KiB, 256 KiB: one step after each fourth idle collection.
    assert_eq!(sizes.len(), 5, "{sizes:?}");
    assert_eq!(sizes[4], smallest);
    let steps: Vec<_> = collections_at.windows(2).map(|at| at[1] - at[0]).collect();
    assert!(steps[0] <= 4 && steps[1..].iter().all(|step| *step == 4), "{collections_at:?}");
    assert_eq!(scope.statistics().spaces.iter().map(|(_, s)| s.committed).sum::<usize>(), scope.statistics().committed);
    // What it has given up it gets again.
    grow(&mut scope);
    assert_eq!(committed(&scope), grown);
}

#[test]
fn a_program_that_fills_them_keeps_them() {
    // It counts collections, and so many must survive at once.
    let mut isolate = Isolate::builder()
        .unstressed(Mode::Marking)
        .unstressed(Mode::Allocations)
        .classes(&CLASSES)
        .semi_space_size(256 * KB, 4 * MB)
        .build()
        .unwrap();
    let mut scope = isolate.enter();
    grow(&mut scope);
    let grown = committed(&scope);
    // Nothing survives, but each collection comes because all is used.
    let before = scope.statistics().young.count;
    for _ in 0..20_000 {
        bytes(&mut scope.nested(), YOUNG, 8 * KB);
    }
    assert!(scope.statistics().young.count > before + 30);
    assert_eq!(committed(&scope), grown);
    // Three idle ones are not four, whatever comes before and after.
    for _ in 0..5 {
        (0..3).for_each(|_| scope.collect(CollectionKind::Young));
        (0..200).for_each(|_| _ = bytes(&mut scope.nested(), YOUNG, 8 * KB));
        scope.collect(CollectionKind::Young);
    }
    assert_eq!(committed(&scope), grown);
}

/// Little is allocated, but much of it survives, so that growth would be due again soon.
#[test]
fn survivors_count_against_shrinking() {
    // It counts collections.
    let mut isolate =
        builder(256 * KB, 4 * MB).unstressed(Mode::Allocations).unstressed(Mode::Marking).build().unwrap();
    let mut scope = isolate.enter();
    grow(&mut scope);
    let grown = committed(&scope);
    for _ in 0..20 {
        let mut inner = scope.nested();
        (0..20).for_each(|_| _ = bytes(&mut inner, YOUNG, 8 * KB));
        inner.collect(CollectionKind::Young);
        assert_eq!(committed(&inner), grown);
    }
}

/// The budget of young large objects is that of a semi-space: who uses it up keeps it, who makes old objects alone does not.
#[test]
fn large_objects_count_and_old_ones_do_not() {
    // It counts collections.
    let mut isolate =
        builder(256 * KB, 2 * MB).unstressed(Mode::Marking).unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let smallest = committed(&scope);
    grow(&mut scope);
    let grown = committed(&scope);
    assert!(grown > smallest);
    let before = scope.statistics().young.count;
    let data = vec![0; MB];
    for _ in 0..40 {
        Bytes::new(&mut scope.nested(), BytesInit { data: &data[..450 * KB] });
    }
    assert_eq!(
        (scope.statistics().young.count - before, committed(&scope)),
        (9, grown),
        "four of them and a bit fill it"
    );
    while scope.statistics().full.count < 24 {
        Bytes::try_new_in(&mut scope.nested(), OLD, BytesInit { data: &data }).unwrap();
    }
    assert_eq!(committed(&scope), smallest);
}

#[test]
fn what_is_young_is_never_in_the_way() {
    let mut isolate = isolate(256 * KB, 4 * MB);
    let mut scope = isolate.enter();
    let mut random = Random::new(5);
    for round in 0..12 {
        grow(&mut scope);
        let mut inner = scope.nested();
        let some = random.below(400);
        let kept: Vec<_> = (0..some).map(|i| bytes(&mut inner, YOUNG, 1 + i * 20)).collect();
        let level = if round % 2 == 0 { MemoryPressureLevel::Moderate } else { MemoryPressureLevel::Critical };
        inner.memory_pressure(level);
        let more: Vec<_> = (0..some).map(|i| bytes(&mut inner, YOUNG, 1 + i * 20)).collect();
        for kind in [CollectionKind::Young, CollectionKind::Young, CollectionKind::Full] {
            inner.collect(kind);
            inner.verify().unwrap();
            for (i, bytes) in kept.iter().chain(&more).enumerate() {
                assert_eq!(bytes.get(&inner).data_len(), 1 + i % some * 20);
            }
        }
    }
}

#[test]
fn memory_pressure_gives_back_what_is_free() {
    for level in [MemoryPressureLevel::Moderate, MemoryPressureLevel::Critical] {
        let mut isolate = isolate(256 * KB, 4 * MB);
        let mut scope = isolate.enter();
        let before = scope.memory_statistics();
        let smallest = committed(&scope);
        grow(&mut scope);
        {
            let mut inner = scope.nested();
            for place in [YOUNG, OLD] {
                for length in [10 * KB, 100 * KB, 3 * MB] {
                    bytes(&mut inner, place, length);
                }
            }
        }
        assert!(scope.memory_statistics().committed > before.committed + 8 * MB);
        scope.memory_pressure(level);
        let after = scope.memory_statistics();
        assert_eq!((after.committed, after.pooled_chunks, after.unreturned), (before.committed, 0, 0));
        assert_eq!(committed(&scope), smallest);
        let statistics = scope.statistics();
        let record = statistics.collections.last().unwrap();
        assert_eq!((record.kind, record.reason), (CollectionKind::Full, CollectionReason::MemoryPressure));
        assert_eq!(record.reason.name(), "memory pressure");
        let times = statistics.collections.iter().filter(|r| r.reason == CollectionReason::MemoryPressure).count();
        assert_eq!(times, if level == MemoryPressureLevel::Moderate { 1 } else { 2 });
        // All goes on, and grows again.
        grow(&mut scope);
        assert!(committed(&scope) > smallest);
        scope.verify().unwrap();
    }
}

/// What finalizers let go is found by the second collection of critical pressure.
#[test]
fn memory_pressure_runs_weak_callbacks() {
    for (level, left) in [(MemoryPressureLevel::Moderate, 1), (MemoryPressureLevel::Critical, 0)] {
        let mut isolate = isolate(256 * KB, MB);
        let mut scope = isolate.enter();
        let ran = Arc::new(AtomicUsize::new(0));
        {
            let mut inner = scope.nested();
            let kept = bytes(&mut inner, OLD, 200 * KB);
            let owner = Node::new(&mut inner, NodeInit { value: 1, next: smi(0) });
            let (kept, count) = (Global::new(&inner, kept), Arc::clone(&ran));
            inner.add_finalizer(owner, kept, move |scope, kept| {
                assert_eq!(kept.get(scope).data_len(), 200 * KB);
                // From within a second pass, too.
                scope.memory_pressure(MemoryPressureLevel::Critical);
                count.fetch_add(1, Ordering::Relaxed);
            });
        }
        scope.memory_pressure(level);
        assert_eq!(ran.load(Ordering::Relaxed), 1);
        let large = scope.statistics().spaces.into_iter().find(|(id, _)| *id == SpaceId::LargeObject).unwrap().1;
        assert_eq!(large.chunks, left);
    }
    let mut isolate = isolate(256 * KB, MB);
    let mut scope = isolate.enter();
    {
        let mut inner = scope.nested();
        let node = Node::new(&mut inner, NodeInit { value: 1, next: smi(0) });
        inner.add_finalizer(node, (), |_, ()| panic!("at the wrong time"));
    }
    assert_eq!(panic_message(|| scope.memory_pressure(MemoryPressureLevel::Critical)), "at the wrong time");
    scope.verify().unwrap();
}

#[test]
fn under_stress_they_are_as_small_as_they_began() {
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        let builder = Isolate::builder().classes(&CLASSES).semi_space_size(256 * KB, 2 * MB).verify(true);
        let mut isolate = builder.stress(3, kind).build().unwrap();
        let mut scope = isolate.enter();
        let smallest = committed(&scope);
        let mut last = Node::new(&mut scope, NodeInit { value: 0, next: smi(0) });
        for value in 1..300 {
            let next = Node::new(&mut scope, NodeInit { value, next: last });
            last = next;
            if value % 50 == 0 {
                scope.memory_pressure(MemoryPressureLevel::Moderate);
            }
        }
        assert_eq!(committed(&scope), smallest);
        assert_eq!(last.get(&scope).value(), 299);
    }
}

/// The old generation is full, so survivors stay young; and their order is such that each chunk has an end that nothing
/// fits. There must be room for all of them every time: what the mutator adds may not fill the chunks kept for that.
#[test]
fn survivors_that_pack_badly_have_room_each_time() {
    let builder = Isolate::builder().classes(&CLASSES).semi_space_size(512 * KB, 512 * KB).max_heap_size(8 * MB);
    let mut isolate = builder.build().unwrap();
    let mut scope = isolate.enter();
    // Visited in the order of its elements.
    let list = Array::try_new_in(&mut scope, OLD, ArrayInit { elements: Filled::new(Nil, 500) }).unwrap();
    let mut ballast = Vec::new();
    for length in [120 * KB, 10 * KB, 100] {
        let mut inner = scope.nested();
        while let Ok(old) = Bytes::try_new_in(&mut inner, OLD, BytesInit { data: Filled::new(1, length) }) {
            ballast.push(Global::new(&inner, old));
        }
    }
    let large = 32 * KB - Bytes::HEADER_SIZE;
    let mut count = 0;
    let mut add = |scope: &mut HandleScope<'_>, length: usize| {
        let mut inner = scope.nested();
        let made = inner.with_light_retry(|scope| Bytes::try_new(scope, BytesInit { data: Filled::new(3, length) }));
        made.map(|bytes| {
            list.get(&inner).set_elements(count, bytes);
            count += 1;
        })
    };
    // Seven of 32 KiB in each chunk, and its end filled with small ones.
    for _ in 0..2 {
        (0..7).for_each(|_| add(&mut scope, large).unwrap());
        (0..20).for_each(|_| add(&mut scope, KB).unwrap());
    }
    for _ in 0..6 {
        // First all large ones: no two chunks hold what they held before.
        let list = list.get(&scope);
        let mut all: Vec<&Bytes> = list.elements_iter().flatten().collect();
        all.sort_by_key(|bytes| std::cmp::Reverse(bytes.data_len()));
        all.iter().enumerate().for_each(|(i, bytes)| list.set_elements(i, *bytes));
        scope.collect(CollectionKind::Young);
        while add(&mut scope, large).is_ok() {}
        assert!(new_space(&scope).used > 400 * KB, "they could not be promoted: {:?}", new_space(&scope));
    }
    scope.verify().unwrap();
    assert!(list.get(&scope).elements_iter().flatten().all(|bytes| bytes.data(bytes.data_len() - 1) == 3));
}

#[test]
fn what_was_just_evacuated_is_filled_next() {
    let mut isolate = isolate(2 * MB, 2 * MB);
    let mut scope = isolate.enter();
    let scope = &mut scope;
    let last = Array::try_new_in(scope, OLD, ArrayInit { elements: Filled::new(Nil, 16) }).unwrap();
    let mut filled = std::collections::BTreeSet::new();
    for i in 0..2000 {
        let mut inner = scope.nested();
        let bytes = bytes(&mut inner, YOUNG, 8 * KB);
        last.get(&inner).set_elements(i % 16, bytes.get(&inner));
        let young = inner.chunks().into_iter().filter(|chunk| chunk.space == SpaceId::New && chunk.used > 0);
        filled.extend(young.map(|chunk| chunk.region.begin()));
    }
    // Eight chunks are a semi-space, and sixteen times 8 KiB live at a time: without an exchange both halves would be filled.
    assert!(filled.len() <= 10, "{} chunks", filled.len());
    scope.verify().unwrap();
}
