//! Young large objects: promoted where they are by the first collection that finds them alive, freed by it if it does not.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::spaces::SpaceStatistics;
use heapwright::stress::Mode;
use heapwright::{
    CollectionReason, IntoSmi, IsolateBuilder, OutOfMemoryReason, SpaceId, StoreFilter, StorePlace, WriteBarrierMode,
    prelude::*,
};
use heapwright_tests::{Random, panic_message};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[heap_object]
pub struct Node {
    value: Smi,
    next: Tagged<Any>,
}

#[heap_object(copy)]
pub struct Array {
    first: Tagged<Any>,
    watched: Weak<HeapObject>,
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
    elements: [Weak<HeapObject>],
}

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

#[heap_object]
pub struct Numbers {
    #[constant]
    length: Smi,
    #[length = length]
    numbers: [Smi],
}

heap_classes! { pub static CLASSES = [Node, Array, WeakArray, Bytes, Numbers]; }

const KB: usize = 1 << 10;
const MB: usize = 1 << 20;
const YOUNG: AllocationType = AllocationType::Young;
const OLD: AllocationType = AllocationType::Old;
const KINDS: [CollectionKind; 2] = [CollectionKind::Young, CollectionKind::Full];
/// Elements of an array of more than 256 KiB in both widths: its last ones lie in another chunk's room than its header.
const LENGTH: usize = 100_000;

fn builder() -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES).verify(true)
}

fn isolate() -> Isolate {
    builder().build().unwrap()
}

fn node<'s>(scope: &mut HandleScope<'s>, value: i32) -> Handle<'s, Node> {
    Node::new(scope, NodeInit { value, next: smi(value) })
}

fn array<'s>(scope: &mut HandleScope<'s>) -> Handle<'s, Array> {
    Array::new(scope, ArrayInit { first: smi(0), watched: Nil, elements: Filled::new(smi(-1), LENGTH) })
}

fn bytes<'s>(scope: &mut HandleScope<'s>, value: u8, length: usize) -> Handle<'s, Bytes> {
    Bytes::new(scope, BytesInit { data: Filled::new(value, length) })
}

fn place_of<T: heapwright::IsA<HeapObject>>(scope: &HandleScope<'_>, object: Handle<'_, T>) -> (SpaceId, usize) {
    let object = object.upcast::<HeapObject>().get(scope);
    (object.space(), object.address())
}

fn space(scope: &HandleScope<'_>, wanted: SpaceId) -> SpaceStatistics {
    scope.statistics().spaces.into_iter().find(|(id, _)| *id == wanted).unwrap().1
}

fn young_large(scope: &HandleScope<'_>) -> SpaceStatistics {
    space(scope, SpaceId::NewLargeObject)
}

#[test]
fn they_are_promoted_where_they_are_by_the_first_collection() {
    for kind in KINDS {
        // Otherwise the next allocation promotes them.
        let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
        let mut scope = isolate.enter();
        let large = bytes(&mut scope, 7, 300 * KB);
        let (at_birth, address) = place_of(&scope, large);
        assert_eq!(at_birth, SpaceId::NewLargeObject);
        let before = young_large(&scope);
        let size = large.get(&scope).as_heap_object().size();
        assert_eq!((before.chunks, before.used, before.committed), (1, size, 512 * KB));
        assert_eq!(space(&scope, SpaceId::LargeObject), SpaceStatistics::default());
        for _ in 0..3 {
            scope.collect(kind);
            assert_eq!(place_of(&scope, large), (SpaceId::LargeObject, address));
            assert_eq!(young_large(&scope), SpaceStatistics::default());
            assert_eq!(space(&scope, SpaceId::LargeObject), before);
            assert!(large.get(&scope).data_slice().iter().all(|byte| byte.get() == 7));
        }
        let statistics = scope.statistics();
        assert_eq!(statistics.collections[0].promoted, size, "{statistics:?}");
        assert_eq!(statistics.collections[0].copied, 0);
        assert_eq!(statistics.collections[1].promoted, 0);
    }
}

#[test]
fn they_die_in_a_scavenge() {
    // Otherwise the next allocation promotes them.
    let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let before = scope.memory_statistics().committed;
    for size in [129 * KB, 300 * KB, 10 * MB] {
        let gone = {
            let mut inner = scope.nested();
            let large = bytes(&mut inner, 1, size);
            assert!(inner.memory_statistics().committed > before);
            assert!(inner.statistics().used() > size);
            WeakGlobal::new(&inner, large)
        };
        scope.collect(CollectionKind::Young);
        assert!(gone.get(&scope).is_none());
        assert_eq!(scope.memory_statistics().committed, before);
        assert_eq!(young_large(&scope), SpaceStatistics::default());
    }
    assert_eq!(scope.statistics().full.count, 0);
    // One that got old in time stays for a full collection.
    let survivor = {
        let mut inner = scope.nested();
        let large = bytes(&mut inner, 1, 300 * KB);
        inner.collect(CollectionKind::Young);
        WeakGlobal::new(&inner, large)
    };
    scope.collect(CollectionKind::Young);
    assert!(survivor.get(&scope).is_some());
    scope.collect(CollectionKind::Full);
    assert!(survivor.get(&scope).is_none());
    assert_eq!(scope.memory_statistics().committed, before);
}

#[test]
fn between_32_and_128_kib_objects_are_old_and_above_young_again() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let places = [
        (32 * KB, SpaceId::New, SpaceId::Old),
        (32 * KB + 8, SpaceId::Old, SpaceId::Old),
        (128 * KB, SpaceId::Old, SpaceId::Old),
        (128 * KB + 8, SpaceId::NewLargeObject, SpaceId::LargeObject),
        (5 * MB, SpaceId::NewLargeObject, SpaceId::LargeObject),
    ];
    for (size, young, old) in places {
        for (place, expected) in [(YOUNG, young), (OLD, old)] {
            let init = BytesInit { data: Filled::new(1, size - Bytes::HEADER_SIZE) };
            let object = Bytes::try_new_in(&mut scope, place, init).unwrap();
            assert_eq!(object.get(&scope).as_heap_object().size(), size);
            assert_eq!(place_of(&scope, object).0, expected, "{size} {place:?}");
        }
    }
}

/// A young large host needs no barrier; once it is old, its slots into the young generation are remembered.
#[test]
fn what_they_refer_to_lives_and_is_updated() {
    for kind in KINDS {
        // Otherwise the next allocation promotes them.
        let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
        let mut scope = isolate.enter();
        let array = array(&mut scope);
        assert_ne!(array.get(&scope).write_barrier_mode(), WriteBarrierMode::UPDATE);
        let places = [0, 1, LENGTH / 2, LENGTH - 2, LENGTH - 1];
        for &i in &places {
            let mut inner = scope.nested();
            let node = node(&mut inner, i as i32);
            array.get(&inner).set_elements(i, node);
            array.get(&inner).set_first(node);
        }
        scope.verify().unwrap();
        for round in 0..4 {
            scope.collect(kind);
            assert_eq!(array.get(&scope).write_barrier_mode(), WriteBarrierMode::UPDATE);
            for &i in &places {
                let node = array.get(&scope).elements(i).cast::<Node>();
                assert_eq!((node.value(), node.next().as_smi()), (i as i32, Some(i as i32)));
                // Copied by the first scavenge, so the slots are remembered, and promoted by the second.
                let expected = if round == 0 && kind == CollectionKind::Young { SpaceId::New } else { SpaceId::Old };
                assert_eq!(node.as_heap_object().space(), expected);
            }
            assert!(array.get(&scope).first().cast::<Node>().as_heap_object().space() != SpaceId::ReadOnly);
        }
        // New young nodes in the old array.
        for &i in &places {
            let mut inner = scope.nested();
            let node = node(&mut inner, -7);
            array.get(&inner).set_elements(i, node);
        }
        scope.collect(kind);
        assert!(places.iter().all(|&i| array.get(&scope).elements(i).cast::<Node>().value() == -7));
    }
}

/// An old object is what keeps a young large one; and large ones keep each other, in a chain and in a ring.
#[test]
fn they_are_found_through_remembered_slots_chains_and_rings() {
    // Otherwise the next allocation promotes them.
    let mut isolate = Isolate::builder()
        .unstressed(Mode::Allocations)
        .classes(&CLASSES)
        .semi_space_size(4 * MB, 4 * MB)
        .verify(true)
        .build()
        .unwrap();
    let mut scope = isolate.enter();
    let old = Node::try_new_in(&mut scope, OLD, NodeInit { value: 1, next: smi(0) }).unwrap();
    let addresses = {
        let mut inner = scope.nested();
        let arrays = [array(&mut inner), array(&mut inner), array(&mut inner)];
        let last = node(&mut inner, 77);
        arrays[0].get(&inner).set_elements(LENGTH - 1, arrays[1]);
        arrays[1].get(&inner).set_first(arrays[2]);
        arrays[2].get(&inner).set_elements(LENGTH / 2, last);
        arrays[2].get(&inner).set_elements(3, arrays[0]);
        old.get(&inner).set_next(arrays[0]);
        // A ring that nothing leads to.
        let dead = [array(&mut inner), array(&mut inner)];
        dead[0].get(&inner).set_first(dead[1]);
        dead[1].get(&inner).set_first(dead[0]);
        arrays.map(|array| place_of(&inner, array).1)
    };
    assert_eq!(young_large(&scope).chunks, 5);
    for round in 0..3 {
        if round > 0 {
            scope.collect(CollectionKind::Young);
            assert_eq!((young_large(&scope).chunks, space(&scope, SpaceId::LargeObject).chunks), (0, 3));
        }
        let first = old.get(&scope).next().cast::<Array>();
        let second = first.elements(LENGTH - 1).cast::<Array>();
        let third = second.first().cast::<Array>();
        assert_eq!([first, second, third].map(|array| array.as_heap_object().address()), addresses);
        assert_eq!(third.elements(LENGTH / 2).cast::<Node>().value(), 77);
        assert!(core::ptr::eq(third.elements(3).cast::<Array>(), first));
    }
    old.get(&scope).set_next(smi(0));
    scope.collect(CollectionKind::Full);
    assert_eq!(space(&scope, SpaceId::LargeObject).chunks, 0);
}

#[test]
fn weak_references_from_and_to_them() {
    for kind in KINDS {
        for lives in [true, false] {
            // Otherwise the next allocation promotes them.
            let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
            let mut scope = isolate.enter();
            let holder = WeakArray::new(&mut scope, WeakArrayInit { elements: Filled::new(Nil, LENGTH) });
            let small =
                Array::new(&mut scope, ArrayInit { first: smi(0), watched: Nil, elements: Filled::new(smi(0), 1) });
            let (kept, weak) = {
                let (mut inner, escape) = scope.escapable();
                let large = bytes(&mut inner, 5, 200 * KB);
                let young = node(&mut inner, 6);
                small.get(&inner).set_watched(large.upcast::<HeapObject>());
                small.get(&inner).set_first(if lives { large.to_any().get(&inner) } else { smi(0).into() });
                small.get(&inner).set_elements(0, young);
                holder.get(&inner).set_elements(LENGTH - 1, large.upcast::<HeapObject>());
                holder.get(&inner).set_elements(LENGTH / 2, young.upcast::<HeapObject>());
                let weak = WeakGlobal::new(&inner, large);
                (escape.escape(&inner, young), weak)
            };
            for round in 0..3 {
                scope.collect(kind);
                assert_eq!(weak.get(&scope).is_some(), lives);
                assert_eq!(small.get(&scope).watched().is_some(), lives);
                assert_eq!(holder.get(&scope).elements(LENGTH - 1).is_some(), lives);
                // The young referent moves under the promoted holder: the weak slot is remembered.
                let young = holder.get(&scope).elements(LENGTH / 2).expect("a handle keeps it");
                assert!(core::ptr::eq(young, kept.get(&scope).as_heap_object()), "round {round}");
            }
        }
    }
}

#[test]
fn callbacks_and_finalizers_of_them_run_after_a_scavenge() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let ran = Arc::new(AtomicUsize::new(0));
    let weak = {
        let mut inner = scope.nested();
        let large = bytes(&mut inner, 5, 200 * KB);
        let [first, second, third] = [Arc::clone(&ran), Arc::clone(&ran), Arc::clone(&ran)];
        inner.add_finalizer(large, 100, move |scope, number| {
            // The second pass may make others.
            bytes(scope, 1, 400 * KB);
            first.fetch_add(number, Ordering::Relaxed);
        });
        WeakGlobal::with_callback(&inner, large, move |info| {
            assert_eq!(info.collection_kind(), CollectionKind::Young);
            second.fetch_add(1, Ordering::Relaxed);
            info.second_pass(move |_| {
                third.fetch_add(10, Ordering::Relaxed);
            });
        })
    };
    scope.collect(CollectionKind::Young);
    assert_eq!(ran.load(Ordering::Relaxed), 111);
    assert!(weak.get(&scope).is_none());
}

/// Their bytes have a budget, that of a semi-space; when it is used up, a scavenge makes room.
#[test]
fn the_budget_triggers_scavenges() {
    // It counts collections.
    let builder = Isolate::builder()
        .unstressed(Mode::Marking)
        .unstressed(Mode::Allocations)
        .classes(&CLASSES)
        .semi_space_size(MB, MB)
        .incremental_marking(false);
    let mut isolate = builder.build().unwrap();
    let mut scope = isolate.enter();
    let capacity = space(&scope, SpaceId::New).available;
    let mut scavenges = 0;
    for i in 0..100 {
        let mut inner = scope.nested();
        bytes(&mut inner, 1, 300 * KB);
        let statistics = inner.statistics();
        assert!(young_large(&inner).used <= capacity, "{statistics:?}");
        // Three of them are the budget.
        assert_eq!(statistics.young.count, i / 3);
        scavenges = statistics.young.count;
    }
    let statistics = scope.statistics();
    assert_eq!((statistics.full.count, scavenges), (0, 33));
    assert!(statistics.collections.iter().all(|record| record.reason == CollectionReason::SemispaceFull));
    assert!(space(&scope, SpaceId::LargeObject).chunks == 0);
    // One that exceeds the budget alone is made all the same, and each after it needs a scavenge.
    for i in 0..5 {
        let before = scope.statistics().young.count;
        let mut inner = scope.nested();
        bytes(&mut inner, 1, 5 * MB);
        assert_eq!(inner.statistics().young.count, before + 1, "{i}");
        assert_eq!(young_large(&inner).chunks, 1);
    }
    // Those that live get old, and lead to a full collection as all that is old does.
    let mut kept = Vec::new();
    while scope.statistics().full.count == 0 {
        let mut inner = scope.nested();
        let large = bytes(&mut inner, 1, MB);
        kept.push(Global::new(&inner, large));
    }
    assert!((28..=34).contains(&kept.len()), "the first is due at 32 MiB: {}", kept.len());
    assert_eq!(scope.statistics().collections.last().unwrap().reason, CollectionReason::OldGenerationLimit);
}

#[test]
fn the_limit_holds_and_what_is_refused_harms_nothing() {
    let limit = 16 * MB;
    // It counts collections.
    let builder = Isolate::builder()
        .unstressed(Mode::Marking)
        .unstressed(Mode::Allocations)
        .classes(&CLASSES)
        .max_heap_size(limit);
    let mut isolate = builder.build().unwrap();
    let mut scope = isolate.enter();
    let mut counts = Vec::new();
    for round in 0..10 {
        let mut kept = Vec::new();
        let error = loop {
            let mut inner = scope.nested();
            match Bytes::try_new(&mut inner, BytesInit { data: Filled::new(round, 700 * KB) }) {
                Ok(large) => kept.push(Global::new(&inner, large)),
                Err(error) => break error,
            }
        };
        assert_eq!((error.requested, error.space), (Bytes::size_for(700 * KB), SpaceId::NewLargeObject));
        assert!(matches!(error.reason, OutOfMemoryReason::HeapLimit { limit: l, used } if l == limit && used <= limit));
        assert!(kept.iter().all(|large| large.get(&scope).data(700 * KB - 1) == round));
        assert!(scope.statistics().peak_committed <= limit);
        scope.verify().unwrap();
        counts.push(kept.len());
        // What dies young makes room with a scavenge, as full as the heap is.
        kept.truncate(kept.len() - 2);
        scope.collect(CollectionKind::Full);
        let full = scope.statistics().full.count;
        for _ in 0..20 {
            let mut inner = scope.nested();
            bytes(&mut inner, 1, 700 * KB);
        }
        assert_eq!(scope.statistics().full.count, full);
    }
    assert!(counts.iter().all(|count| *count == counts[0] && *count >= 12), "{counts:?}");
    // A callback near the limit is asked, and heeded.
    scope.add_near_heap_limit_callback(|near| near.limit + near.requested + MB);
    let large = bytes(&mut scope, 3, 30 * MB);
    assert_eq!(place_of(&scope, large).0, SpaceId::NewLargeObject);
    assert!(scope.memory_statistics().capacity > limit);
}

#[test]
fn stores_into_them_are_observed_before_and_after_promotion() {
    for kind in KINDS {
        let mut isolate = isolate();
        let mut scope = isolate.enter();
        let before = array(&mut scope);
        let seen = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&seen);
        let observer = scope
            .observe_stores(StoreFilter::class::<Array>(), move |store| {
                if let StorePlace::Element { index, .. } = store.place() {
                    count.fetch_add(index, Ordering::Relaxed);
                }
            })
            .unwrap();
        let after = array(&mut scope);
        let node = node(&mut scope, 1);
        for array in [before, after] {
            assert_eq!(array.get(&scope).write_barrier_mode(), WriteBarrierMode::UPDATE);
            array.get(&scope).set_elements(50_000, node);
        }
        assert_eq!(seen.swap(0, Ordering::Relaxed), 100_000);
        scope.verify().unwrap();
        scope.collect(kind);
        for array in [before, after] {
            assert_eq!(place_of(&scope, array).0, SpaceId::LargeObject);
            array.get(&scope).set_elements(10, node);
        }
        assert_eq!(seen.swap(0, Ordering::Relaxed), 20);
        let third = array(&mut scope);
        scope.unobserve(observer).unwrap();
        for array in [before, after, third] {
            array.get(&scope).set_elements(11, node);
        }
        assert_eq!(seen.load(Ordering::Relaxed), 0);
        assert_ne!(third.get(&scope).write_barrier_mode(), WriteBarrierMode::UPDATE);
        scope.verify().unwrap();
        scope.collect(kind);
        for array in [before, after, third] {
            assert!(core::ptr::eq(array.get(&scope).elements(11).cast::<Node>(), node.get(&scope)));
        }
    }
}

#[test]
fn they_are_counted_walked_printed_and_copied() {
    // Otherwise the next allocation promotes them.
    let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let array = array(&mut scope);
    let node = node(&mut scope, 4);
    array.get(&scope).set_elements(LENGTH - 1, node);
    let size = array.get(&scope).as_heap_object().size();
    let classes = scope.class_statistics();
    let class = classes.iter().find(|of| of.class.name() == "Array").unwrap();
    assert_eq!((class.objects, class.bytes), (1, size));
    let footprint = scope.footprint([array.get(&scope)]);
    assert_eq!((footprint.objects, footprint.bytes), (2, size + Node::SIZE));
    assert!(footprint.spaces.iter().any(|of| of.space == SpaceId::NewLargeObject && of.bytes == size));
    let image = scope.object_image(array.get(&scope), 1);
    assert_eq!((image.space, image.is_young), (SpaceId::NewLargeObject, true));
    // A copy is young and large too, and shares what the elements refer to.
    let copy = Array::copy(&mut scope, array);
    assert_eq!(place_of(&scope, copy).0, SpaceId::NewLargeObject);
    for kind in KINDS {
        scope.collect(kind);
        let [array, copy] = [array, copy].map(|array| array.get(&scope).elements(LENGTH - 1).cast::<Node>());
        assert!(core::ptr::eq(array, copy) && copy.value() == 4);
    }
}

#[test]
fn a_panic_half_way_leaves_no_object() {
    /// Asked for when the object has its memory.
    #[derive(Clone, Copy)]
    struct Bomb;
    impl IntoSmi for Bomb {
        fn into_smi(self) -> Smi {
            panic!("no number")
        }
    }
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let text = panic_message(|| Numbers::new(&mut scope, NumbersInit { numbers: Filled::new(Bomb, LENGTH) }));
    assert_eq!(text, "no number");
    assert_eq!(young_large(&scope).chunks, 1, "what was to be the object is free memory now");
    scope.verify().unwrap();
    assert!(scope.class_statistics().iter().all(|of| of.class.name() != "Numbers"));
    scope.collect(CollectionKind::Young);
    assert_eq!(young_large(&scope).chunks, 0);
    scope.verify().unwrap();
}

/// Random arrays and buffers of all sizes, young and old, that refer to each other, against a model; under stress of both
/// kinds, and where each collection verifies the heap.
#[test]
fn random_large_objects_under_stress() {
    for (interval, kind) in [(0, CollectionKind::Young), (17, CollectionKind::Young), (23, CollectionKind::Full)] {
        let mut builder = Isolate::builder().classes(&CLASSES).semi_space_size(256 * KB, 512 * KB).verify(true);
        if interval > 0 {
            builder = builder.stress(interval, kind);
        }
        let mut isolate = builder.build().unwrap();
        let mut scope = isolate.enter();
        let mut random = Random::new(u64::from(interval));
        // Each array holds its number first, and numbered nodes at some places.
        let mut kept: Vec<(Global<Array>, i32, std::collections::HashMap<usize, i32>)> = Vec::new();
        for number in 0..150 {
            let mut inner = scope.nested();
            let place = if random.one_in(4) { OLD } else { YOUNG };
            let length = match random.below(4) {
                0 => 35_000 + random.below(60_000),
                1 => 32_768 + random.below(8),
                _ => 1 + random.below(2000),
            };
            let init = ArrayInit { first: smi(number), watched: Nil, elements: Filled::new(smi(0), length) };
            let array = Array::try_new_in(&mut inner, place, init).unwrap();
            if random.one_in(2) {
                kept.push((Global::new(&inner, array), number, Default::default()));
            }
            for _ in 0..5 {
                if kept.is_empty() {
                    break;
                }
                let value = random.below(100_000) as i32;
                let node = node(&mut inner, value);
                let which = random.below(kept.len());
                let (array, _, model) = &mut kept[which];
                let array = array.get(&inner);
                let at = random.below(array.elements_len());
                array.set_elements(at, node);
                array.set_watched(node.upcast::<HeapObject>());
                model.insert(at, value);
            }
            if random.one_in(20) {
                inner.collect(if random.one_in(3) { CollectionKind::Full } else { CollectionKind::Young });
            }
            if kept.len() > 10 {
                kept.swap_remove(random.below(kept.len()));
            }
            if number % 10 == 0 {
                for (array, number, model) in &kept {
                    let array = array.get(&inner);
                    assert_eq!(array.first().as_smi(), Some(*number));
                    assert!(model.iter().all(|(at, value)| array.elements(*at).cast::<Node>().value() == *value));
                }
            }
        }
        kept.clear();
        drop(scope);
        let mut scope = isolate.enter();
        scope.collect(CollectionKind::Full);
        for id in [SpaceId::New, SpaceId::NewLargeObject, SpaceId::Old, SpaceId::LargeObject] {
            assert_eq!(space(&scope, id).used, 0, "{id}");
        }
    }
}
