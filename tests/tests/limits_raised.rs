//! The rungs of the ladder that an embedder has a say in: raising the limit, giving up early, and no collections in vain.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::limits::INEFFECTIVE_COLLECTIONS;
use heapwright::memory::{FaultPlan, FaultyPageAllocator, PageOperation};
use heapwright::stress::Mode;
use heapwright::{IsolateBuilder, NearHeapLimit, OutOfMemoryReason, SpaceId, prelude::*};
use heapwright_tests::panic_message;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

#[heap_object]
pub struct Node {
    value: Smi,
    next: Tagged<Any>,
}

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

heap_classes! { pub static CLASSES = [Node, Bytes]; }

const KB: usize = 1 << 10;
const MB: usize = 1 << 20;
const OLD: AllocationType = AllocationType::Old;

fn builder(max_heap_size: usize) -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES).max_heap_size(max_heap_size)
}

fn isolate(max_heap_size: usize) -> Isolate {
    builder(max_heap_size).build().unwrap()
}

fn bytes(scope: &mut HandleScope<'_>, place: AllocationType, length: usize) -> Result<Global<Bytes>, OutOfMemory> {
    let mut scope = scope.nested();
    let bytes = if length < 64 * MB {
        Bytes::try_new_in(&mut scope, place, BytesInit { data: &vec![7; length] })?
    } else {
        Bytes::try_new_in(&mut scope, place, BytesInit { data: Filled::new(7, length) })?
    };
    Ok(Global::new(&scope, bytes))
}

/// Fills the heap with such objects until there is no memory.
fn fill(scope: &mut HandleScope<'_>, kept: &mut Vec<Global<Bytes>>, length: usize) -> OutOfMemory {
    loop {
        match bytes(scope, OLD, length) {
            Ok(bytes) => kept.push(bytes),
            Err(error) => return error,
        }
    }
}

fn full_collections(scope: &HandleScope<'_>) -> u64 {
    scope.statistics().full.count
}

#[test]
fn a_callback_raises_the_limit_as_long_as_it_likes() {
    for place in [AllocationType::Young, OLD] {
        for length in [KB, 10 * KB, 480 * KB] {
            let mut isolate = isolate(16 * MB);
            let mut scope = isolate.enter();
            let calls = Arc::new(Mutex::new(Vec::<NearHeapLimit>::new()));
            let log = Arc::clone(&calls);
            scope.add_near_heap_limit_callback(move |near| {
                let mut log = log.lock().unwrap();
                log.push(near);
                if log.len() <= 3 { near.limit + 2 * MB } else { near.limit }
            });
            let mut kept = Vec::new();
            let error = loop {
                match bytes(&mut scope, place, length) {
                    Ok(bytes) => kept.push(bytes),
                    Err(error) => break error,
                }
            };
            let made = kept.len() * length;
            let calls = calls.lock().unwrap();
            assert_eq!(calls.len(), 4, "{place:?} {length}");
            for (i, near) in calls.iter().enumerate() {
                assert_eq!((near.limit, near.initial_limit), (16 * MB + i * 2 * MB, 16 * MB));
                assert!(near.committed <= near.limit && near.committed + near.requested + MB > near.limit, "{near:?}");
            }
            assert!(matches!(error.reason, OutOfMemoryReason::HeapLimit { limit, .. } if limit == 22 * MB), "{error}");
            assert!(kept.iter().all(|bytes| bytes.get(&scope).data(length - 1) == 7));
            assert!(made > 14 * MB, "{place:?} {length} {made}");
            let memory = scope.memory_statistics();
            assert_eq!((memory.capacity, memory.initial_capacity), (22 * MB, 16 * MB));
            assert!(memory.peak_committed > 20 * MB && memory.peak_committed <= 22 * MB);
            assert_eq!(scope.statistics().max_heap_size, 22 * MB);
            scope.verify().unwrap();
        }
    }
}

#[test]
fn the_callback_added_last_is_asked_and_once_for_each_allocation() {
    let mut isolate = isolate(16 * MB);
    let mut scope = isolate.enter();
    let asked = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
    let [first, second] = asked.clone();
    let first = scope.add_near_heap_limit_callback(move |near| {
        first.fetch_add(1, Ordering::Relaxed);
        near.limit + 20 * MB
    });
    let second = scope.add_near_heap_limit_callback(move |near| {
        second.fetch_add(1, Ordering::Relaxed);
        near.limit + 1 // more, but not enough
    });
    let counts = || asked.each_ref().map(|count| count.load(Ordering::Relaxed));
    let error = bytes(&mut scope, OLD, 20 * MB).map(drop).unwrap_err();
    assert!(matches!(error.reason, OutOfMemoryReason::HeapLimit { limit, .. } if limit == 16 * MB + 1), "{error}");
    assert_eq!(counts(), [0, 1]);
    assert!(scope.remove_near_heap_limit_callback(second));
    bytes(&mut scope, OLD, 20 * MB).unwrap();
    assert_eq!(counts(), [1, 1]);
    assert!(scope.remove_near_heap_limit_callback(first));
    // Nobody is asked, and the limit stays.
    assert!(bytes(&mut scope, OLD, 40 * MB).is_err());
    assert_eq!((counts(), scope.memory_statistics().capacity), ([1, 1], 36 * MB + 1));
    scope.verify().unwrap();
}

#[test]
fn a_callback_of_another_isolate_is_not_removed() {
    let mut other = isolate(16 * MB);
    let foreign = other.enter().add_near_heap_limit_callback(|near| near.limit);
    let mut isolate = isolate(16 * MB);
    let mut scope = isolate.enter();
    let own = scope.add_near_heap_limit_callback(|near| near.limit + 30 * MB);
    assert!(!scope.remove_near_heap_limit_callback(foreign));
    bytes(&mut scope, OLD, 20 * MB).unwrap();
    assert!(scope.remove_near_heap_limit_callback(own));
}

#[test]
fn a_callback_that_panics_leaves_the_heap_whole_and_is_asked_again() {
    for stress in [false, true] {
        let builder = Isolate::builder().classes(&CLASSES).max_heap_size(16 * MB);
        let builder = if stress { builder.stress(50, CollectionKind::Young) } else { builder };
        let mut isolate = builder.build().unwrap();
        let mut scope = isolate.enter();
        let mut calls = 0;
        scope.add_near_heap_limit_callback(move |near| {
            calls += 1;
            assert!(calls > 1, "no, said the callback");
            near.limit + 30 * MB
        });
        let node = Node::new(&mut scope, NodeInit { value: 5, next: smi(0) });
        let message = panic_message(|| bytes(&mut scope, OLD, 20 * MB).map(drop));
        assert_eq!(message, "no, said the callback");
        scope.verify().unwrap();
        assert_eq!(node.get(&scope).value(), 5);
        assert_eq!(bytes(&mut scope, OLD, 20 * MB).unwrap().get(&scope).data_len(), 20 * MB);
        scope.verify().unwrap();
    }
}

/// What is too large for any heap, or what the system refuses, no limit would help.
#[test]
fn nobody_is_asked_when_the_limit_is_not_the_reason() {
    let pages = Arc::new(FaultyPageAllocator::default());
    let mut isolate =
        Isolate::builder().classes(&CLASSES).max_heap_size(64 * MB).page_allocator(pages.clone()).build().unwrap();
    let mut scope = isolate.enter();
    scope.add_near_heap_limit_callback(|_| panic!("asked"));
    let before = full_collections(&scope);
    let error = bytes(&mut scope, OLD, (4 << 30) - 1).map(drop).unwrap_err();
    assert!(matches!(error.reason, OutOfMemoryReason::TooLarge { .. } | OutOfMemoryReason::TooLong { .. }), "{error}");
    assert_eq!(full_collections(&scope), before, "no collection could help");
    pages.fail(FaultPlan::From(1), &PageOperation::ALL);
    let error = bytes(&mut scope, OLD, 20 * MB).map(drop).unwrap_err();
    assert!(matches!(error.reason, OutOfMemoryReason::Memory(_)), "{error}");
    // Nor does the error of a young object speak of the limit: survivors could not be promoted.
    let mut kept = Vec::new();
    let error = loop {
        match bytes(&mut scope, AllocationType::Young, 20 * KB) {
            Ok(bytes) => kept.push(bytes),
            Err(error) => break error,
        }
    };
    assert!(matches!(error.reason, OutOfMemoryReason::Memory(_)), "{error}");
    assert_eq!(error.space, SpaceId::New);
    pages.fail(FaultPlan::Never, &[]);
    kept.push(bytes(&mut scope, AllocationType::Young, 20 * KB).unwrap());
    scope.verify().unwrap();
}

#[test]
fn the_limit_is_restored_when_the_heap_has_become_small() {
    let mut isolate = isolate(16 * MB);
    let mut scope = isolate.enter();
    assert!(panic_message(|| scope.automatically_restore_initial_heap_limit(101)).contains("101 %"));
    scope.automatically_restore_initial_heap_limit(50);
    scope.add_near_heap_limit_callback(|near| near.limit + 32 * MB);
    let large = bytes(&mut scope, OLD, 20 * MB).unwrap();
    let capacity = |scope: &HandleScope<'_>| scope.memory_statistics().capacity;
    assert_eq!(capacity(&scope), 48 * MB);
    scope.collect(CollectionKind::Full);
    assert_eq!(capacity(&scope), 48 * MB, "still in use");
    drop(large);
    scope.collect(CollectionKind::Young);
    assert_eq!(capacity(&scope), 48 * MB, "only full collections tell");
    scope.collect(CollectionKind::Full);
    assert_eq!(capacity(&scope), 16 * MB);
    // And again.
    drop(bytes(&mut scope, OLD, 20 * MB).unwrap());
    assert_eq!(capacity(&scope), 48 * MB);
    scope.collect(CollectionKind::Full);
    assert_eq!(capacity(&scope), 16 * MB);
}

/// A heap so full that each allocation of some KiB needs a collection.
fn crowd(scope: &mut HandleScope<'_>) -> (Vec<Global<Bytes>>, Vec<Global<Bytes>>) {
    let (mut kept, mut crumbs) = (Vec::new(), Vec::new());
    let error = fill(scope, &mut kept, 100 * KB);
    assert!(matches!(error.reason, OutOfMemoryReason::HeapLimit { .. }), "{error}");
    fill(scope, &mut crumbs, 5 * KB);
    (kept, crumbs)
}

#[test]
fn collections_that_free_next_to_nothing_come_to_an_end() {
    let rounds = || {
        let mut isolate = isolate(16 * MB);
        let mut scope = isolate.enter();
        let (mut kept, mut crumbs) = crowd(&mut scope);
        crumbs.pop();
        // One lives, one dies: there is always room, if one collects each time.
        let before = full_collections(&scope);
        let mut rounds = 0;
        let error = loop {
            match bytes(&mut scope, OLD, 5 * KB) {
                Ok(_) => rounds += 1,
                Err(error) => break error,
            }
            assert!(rounds < 1000, "it would go on for ever");
        };
        match error.reason {
            OutOfMemoryReason::IneffectiveCollections { collections, limit, used } => {
                assert_eq!((collections, limit), (INEFFECTIVE_COLLECTIONS, 16 * MB));
                assert!(used <= limit && used >= limit - limit / 5);
            }
            ref other => panic!("{other:?}"),
        }
        assert_eq!((error.requested, error.space), (Bytes::size_for(5 * KB), SpaceId::Old));
        assert!(error.to_string().contains("4 full collections in a row freed next to nothing"), "{error}");
        let collections = full_collections(&scope) - before;
        assert!((4..=6).contains(&collections), "{collections}");
        scope.verify().unwrap();
        // The infallible function says the same.
        let message = panic_message(|| {
            for _ in 0..1000 {
                let mut inner = scope.nested();
                let node = Bytes::new(&mut inner, BytesInit { data: Filled::new(0, 40 * KB) });
                assert_eq!(node.get(&inner).data_len(), 40 * KB);
            }
        });
        assert!(message.starts_with("out of memory: "), "{message}");
        // Room helps.
        kept.truncate(kept.len() / 2);
        for _ in 0..200 {
            bytes(&mut scope, OLD, 5 * KB).unwrap();
        }
        scope.verify().unwrap();
        (rounds, collections)
    };
    let first = rounds();
    assert!(first.0 >= 3, "{first:?}");
    assert_eq!(first, rounds(), "it is counted, not timed");
}

#[test]
fn a_raised_limit_ends_collections_in_vain() {
    let mut isolate = isolate(16 * MB);
    let mut scope = isolate.enter();
    let (_kept, mut crumbs) = crowd(&mut scope);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    scope.add_near_heap_limit_callback(move |near| {
        count.fetch_add(1, Ordering::Relaxed);
        near.limit + 4 * MB
    });
    crumbs.pop();
    let before = full_collections(&scope);
    for _ in 0..1000 {
        bytes(&mut scope, OLD, 5 * KB).unwrap();
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let collections = full_collections(&scope) - before;
    assert!(collections < 20, "{collections}");
    scope.verify().unwrap();
}

#[test]
fn collections_that_free_enough_go_on() {
    let mut isolate = isolate(16 * MB);
    let mut scope = isolate.enter();
    let (mut kept, _crumbs) = crowd(&mut scope);
    // A tenth of the heap changes all the time.
    kept.truncate(kept.len() - 16);
    let before = full_collections(&scope);
    for _ in 0..1000 {
        bytes(&mut scope, OLD, 90 * KB).unwrap();
    }
    assert!(full_collections(&scope) - before > 20);
    scope.verify().unwrap();
}

#[test]
fn light_retry_gives_up_before_the_last_resort() {
    // It counts collections.
    let builder = Isolate::builder()
        .unstressed(Mode::Allocations)
        .unstressed(Mode::Marking)
        .classes(&CLASSES)
        .max_heap_size(44 * MB)
        .semi_space_size(MB, 4 * MB);
    let mut isolate = builder.build().unwrap();
    let mut scope = isolate.enter();
    // The young generation grows.
    let young = (0..400).map(|_| bytes(&mut scope, AllocationType::Young, 20 * KB).unwrap()).collect::<Vec<_>>();
    let grown = scope.statistics().spaces.iter().find(|(id, _)| *id == SpaceId::New).unwrap().1.committed;
    assert!(grown > 6 * MB, "{grown}");
    drop(young);
    scope.collect(CollectionKind::Full);
    scope.add_near_heap_limit_callback(|_| panic!("asked"));
    let mut kept = Vec::new();
    let error = scope.with_light_retry(|scope| fill(scope, &mut kept, 100 * KB));
    assert!(matches!(error.reason, OutOfMemoryReason::HeapLimit { .. }), "{error}");
    let statistics = scope.statistics();
    let lightly = kept.len();
    let message = panic_message(|| {
        scope.with_light_retry(|scope| {
            Bytes::new(&mut scope.nested(), BytesInit { data: Filled::new(0, 200 * KB) });
        });
    });
    assert!(message.starts_with("out of memory: "), "{message}");
    // Nothing was taken from the young generation for it; the last resort does.
    assert_eq!(scope.statistics().spaces[1].1.committed, statistics.spaces[1].1.committed);
    assert_eq!(panic_message(|| fill(&mut scope, &mut kept, 100 * KB)), "asked");
    assert!(kept.len() > lightly + 20, "{lightly} and then {}", kept.len());
    assert!(scope.statistics().spaces[1].1.committed < statistics.spaces[1].1.committed);
    assert!(kept.iter().all(|bytes| bytes.get(&scope).data(99 * KB) == 7));
    scope.verify().unwrap();
}

/// Semi-spaces that shrank in need grow again when there is room.
#[test]
fn the_young_generation_recovers() {
    // Otherwise so many never survive at once.
    let builder = Isolate::builder()
        .unstressed(Mode::Allocations)
        .unstressed(Mode::Marking)
        .classes(&CLASSES)
        .max_heap_size(44 * MB)
        .semi_space_size(MB, 4 * MB);
    let mut isolate = builder.verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let young = |scope: &HandleScope<'_>| scope.statistics().spaces[1].1.committed;
    let smallest = young(&scope);
    for _ in 0..2 {
        let kept = (0..400).map(|_| bytes(&mut scope, AllocationType::Young, 20 * KB).unwrap()).collect::<Vec<_>>();
        assert!(young(&scope) > 2 * smallest);
        // What is young would be in the way.
        scope.collect(CollectionKind::Full);
        let mut large = Vec::new();
        fill(&mut scope, &mut large, 120 * KB);
        assert_eq!(young(&scope), smallest);
        assert!(kept.iter().chain(&large).all(|bytes| bytes.get(&scope).data(0) == 7));
    }
}

#[test]
fn the_panic_says_what_the_error_says() {
    let mut isolate = isolate(8 * MB);
    let mut scope = isolate.enter();
    for _ in 0..3 {
        let mut kept = Vec::new();
        fill(&mut scope, &mut kept, 100 * KB);
        let node = Node::new(&mut scope, NodeInit { value: 3, next: smi(0) });
        let error = bytes(&mut scope, AllocationType::Young, 300 * KB).map(drop).unwrap_err().to_string();
        let message = panic_message(|| {
            Bytes::new(&mut scope, BytesInit { data: Filled::new(0, 300 * KB) });
        });
        assert_eq!(message, error);
        let message = panic_message(|| {
            Bytes::allocate(&mut scope, BytesInit { data: Filled::new(0, 300 * KB) });
        });
        assert_eq!(message, error);
        scope.verify().unwrap();
        assert_eq!(node.get(&scope).value(), 3);
        drop(kept);
        bytes(&mut scope, AllocationType::Young, 300 * KB).unwrap();
    }
}
