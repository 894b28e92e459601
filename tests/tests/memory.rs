//! The memory layers from outside: the region allocator's numbers, and an isolate's memory in numbers.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::memory::memory_allocator::POOL_CAPACITY;
use heapwright::memory::{AddressRegion, CAGE_SIZE, CHUNK_SIZE, FaultPlan, FaultyPageAllocator, PageOperation};
use heapwright::memory::{MemoryStatistics, RegionAllocator};
use heapwright::stress::Mode;
use heapwright::{IsolateError, prelude::*};
use heapwright_tests::Random;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const PAGE: usize = 4096;
const BEGIN: usize = 0x7000_0000;

fn pages(count: usize) -> RegionAllocator {
    RegionAllocator::new(AddressRegion::new(BEGIN, count * PAGE), PAGE)
}

#[test]
fn sixteen_pages_are_allocated_and_freed_in_any_order() {
    for seed in 0..20 {
        let mut regions = pages(16);
        let mut all = Vec::new();
        for left in (0..16).rev() {
            all.push(regions.allocate_region(PAGE).unwrap());
            assert_eq!(regions.free_size(), left * PAGE);
        }
        assert_eq!(regions.allocate_region(PAGE), None);
        let mut random = Random::new(seed);
        while !all.is_empty() {
            let address = all.swap_remove(random.below(all.len()));
            assert_eq!(regions.free_region(address), PAGE);
        }
        assert_eq!((regions.free_size(), regions.largest_free()), (65_536, 65_536), "one free region again");
        assert_eq!(regions.allocated_regions().count(), 0);
    }
}

#[test]
fn powers_of_two_leave_one_page_of_1024() {
    let mut regions = pages(1024);
    for shift in 0..10 {
        regions.allocate_region(PAGE << shift).unwrap();
    }
    assert_eq!((regions.free_size(), regions.largest_free()), (PAGE, PAGE));
}

#[test]
fn every_second_page_of_64_leaves_no_room_for_two() {
    let mut regions = pages(64);
    let all: Vec<_> = (0..64).map(|_| regions.allocate_region(PAGE).unwrap()).collect();
    all.iter().step_by(2).for_each(|address| assert_eq!(regions.free_region(*address), PAGE));
    assert_eq!((regions.free_size(), regions.largest_free()), (32 * PAGE, PAGE));
    assert_eq!(regions.allocate_region(2 * PAGE), None);
}

#[test]
fn trimming_four_pages_to_one_gives_three_back() {
    let mut regions = pages(16);
    let address = regions.allocate_region(4 * PAGE).unwrap();
    assert_eq!(regions.trim_region(address, PAGE), 3 * PAGE);
    assert_eq!(regions.check_region(address), PAGE);
    assert_eq!(regions.free_size(), 15 * PAGE);
}

#[test]
fn freeing_twice_or_from_the_middle_changes_nothing() {
    let mut regions = pages(16);
    let address = regions.allocate_region(4 * PAGE).unwrap();
    for wrong in [address + PAGE, address + 3 * PAGE, address + 1, BEGIN + 8 * PAGE, 0, usize::MAX] {
        assert_eq!((regions.free_region(wrong), regions.check_region(wrong)), (0, 0));
    }
    assert_eq!(regions.free_size(), 12 * PAGE);
    assert_eq!(regions.free_region(address), 4 * PAGE);
    assert_eq!(regions.free_region(address), 0);
    assert_eq!(regions.free_size(), 16 * PAGE);
}

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

heap_classes! { pub static CLASSES = [Bytes]; }

const KB: usize = 1 << 10;
const MB: usize = 1 << 20;

fn bytes(scope: &mut HandleScope<'_>, length: usize) -> Global<Bytes> {
    let mut scope = scope.nested();
    let bytes = Bytes::try_new_in(&mut scope, AllocationType::Old, BytesInit { data: &vec![7; length] });
    Global::new(&scope, bytes.unwrap())
}

/// An isolate whose time passes when the test says so. How many chunks wait in the pool depends on when the old generation was
/// collected, and on what was moved out of its chunks.
fn timed(pages: &Arc<FaultyPageAllocator>) -> (Isolate, impl Fn(u64)) {
    let milliseconds = Arc::new(AtomicU64::new(0));
    let (start, now) = (Instant::now(), Arc::clone(&milliseconds));
    let isolate = Isolate::builder()
        .unstressed(Mode::Allocations)
        .unstressed(Mode::Marking)
        .unstressed(Mode::Compaction)
        .classes(&CLASSES)
        .page_allocator(pages.clone())
        .clock(move || start + Duration::from_millis(now.load(Ordering::Relaxed)))
        .build()
        .unwrap();
    let pass = move |passed| {
        milliseconds.fetch_add(passed, Ordering::Relaxed);
    };
    (isolate, pass)
}

#[test]
fn the_numbers_of_memory_follow_what_is_done() {
    let mut isolate = Isolate::builder().classes(&CLASSES).max_heap_size(64 * MB).build().unwrap();
    let before = isolate.memory_statistics();
    let mut scope = isolate.enter();
    assert_eq!(scope.memory_statistics(), before);
    assert_eq!((before.capacity, before.initial_capacity, before.reserved), (64 * MB, 64 * MB, CAGE_SIZE));
    assert_eq!(before.available(), 64 * MB - before.committed);
    assert!(before.lowest_address < before.highest_address && before.highest_address - before.lowest_address < 64 * MB);
    let large = bytes(&mut scope, 10 * MB);
    let full = scope.memory_statistics();
    assert_eq!(full.committed - before.committed, 10 * MB + CHUNK_SIZE);
    assert_eq!(full.peak_committed, full.committed);
    let address = std::ptr::from_ref(large.get(&scope)).addr();
    for inside in [address, address + 10 * MB] {
        assert!(!full.is_outside_allocated_space(inside));
    }
    for outside in [0, full.lowest_address - 1, full.highest_address, usize::MAX] {
        assert!(full.is_outside_allocated_space(outside));
    }
    drop(large);
    scope.collect(CollectionKind::Full);
    let after = scope.memory_statistics();
    assert_eq!((after.committed, after.peak_committed), (before.committed, full.committed));
    let ever = |memory: MemoryStatistics| (memory.lowest_address, memory.highest_address);
    assert_eq!(ever(after), ever(full), "ever allocated");
    let statistics = scope.statistics();
    assert_eq!((statistics.committed, statistics.peak_committed), (after.committed, after.peak_committed));
}

/// A heap keeps as many freed chunks as it may want again, but not beside so much else that both together exceed its limit.
#[test]
fn what_waits_in_the_pool_makes_room() {
    let mut isolate = Isolate::builder().classes(&CLASSES).max_heap_size(64 * MB).build().unwrap();
    let mut scope = isolate.enter();
    for _ in 0..3 {
        (0..300).for_each(|_| drop(bytes(&mut scope, 120 * KB)));
        scope.collect(CollectionKind::Full);
    }
    let waiting = scope.memory_statistics();
    assert!(waiting.pooled_chunks > POOL_CAPACITY, "{waiting:?}");
    let large = bytes(&mut scope, 50 * MB);
    let full = scope.memory_statistics();
    let held = full.committed + full.pooled_committed;
    assert!(held <= 64 * MB + POOL_CAPACITY * CHUNK_SIZE, "{full:?}");
    assert_eq!(large.get(&scope).data_len(), 50 * MB);
}

#[test]
fn the_pool_gives_memory_back_after_a_second_and_chunks_after_eight() {
    let pages = Arc::new(FaultyPageAllocator::default());
    let (mut isolate, pass) = timed(&pages);
    let mut scope = isolate.enter();
    let pooled = |scope: &HandleScope<'_>| {
        let memory = scope.memory_statistics();
        (memory.pooled_chunks, memory.pooled_committed / CHUNK_SIZE)
    };
    let idle = pages.committed();
    let fill = |scope: &mut HandleScope<'_>, chunks: usize| -> Vec<_> {
        (0..chunks * 2).map(|_| bytes(scope, 120 * KB)).collect()
    };
    assert_eq!(pooled(&scope), (0, 0));
    drop(fill(&mut scope, 20));
    scope.collect(CollectionKind::Full);
    // Eight wait, the others went back at once.
    assert_eq!((pooled(&scope), pages.committed() - idle), ((8, 8), 8 * CHUNK_SIZE));
    // What is asked for comes from there, without a call.
    pages.fail(FaultPlan::Never, &PageOperation::ALL);
    let kept = fill(&mut scope, 3);
    assert_eq!((pooled(&scope), pages.calls()), ((5, 5), 0));
    pass(999);
    scope.collect(CollectionKind::Young);
    assert_eq!((pooled(&scope), pages.calls()), ((5, 5), 0));
    pass(1);
    scope.collect(CollectionKind::Young);
    assert_eq!((pooled(&scope), pages.calls()), ((5, 0), 5));
    // A chunk without memory is as good as another.
    let more = fill(&mut scope, 1);
    assert!(more.iter().chain(&kept).all(|bytes| bytes.get(&scope).data(100) == 7));
    scope.verify().unwrap();
    assert_eq!((pooled(&scope), pages.calls()), ((4, 0), 5));
    // Those freed later wait longer.
    pass(3000);
    drop(more);
    scope.collect(CollectionKind::Full);
    assert_eq!(pooled(&scope), (5, 1));
    pass(3999);
    scope.collect(CollectionKind::Young);
    assert_eq!(pooled(&scope), (5, 0));
    pass(1);
    scope.collect(CollectionKind::Young);
    assert_eq!(pooled(&scope), (1, 0));
    // An allocation that is not the fastest looks after the pool, too.
    pass(4000);
    let large = bytes(&mut scope, 40 * MB);
    let last = bytes(&mut scope, 200 * KB);
    assert!(large.get(&scope).data(0) == 7 && last.get(&scope).data(0) == 7);
    assert_eq!(pooled(&scope), (0, 0));
    drop((large, last, kept));
    scope.collect(CollectionKind::Full);
    pass(8000);
    scope.collect(CollectionKind::Young);
    assert_eq!((pooled(&scope), pages.committed()), ((0, 0), idle));
}

#[test]
fn chunks_that_the_system_does_not_take_back_are_offered_again() {
    let pages = Arc::new(FaultyPageAllocator::default());
    let (mut isolate, pass) = timed(&pages);
    let mut scope = isolate.enter();
    let idle = pages.committed();
    let large = bytes(&mut scope, 5 * MB);
    let kept: Vec<_> = (0..40).map(|_| bytes(&mut scope, 120 * KB)).collect();
    pages.fail(FaultPlan::From(1), &[PageOperation::Decommit]);
    drop((large, kept));
    for round in 0..3 {
        scope.collect(CollectionKind::Full);
        let memory = scope.memory_statistics();
        assert_eq!(memory.unreturned, 5 * MB + CHUNK_SIZE + 12 * CHUNK_SIZE, "{round}");
        assert_eq!(pages.committed() - idle, memory.unreturned + 8 * CHUNK_SIZE);
        scope.verify().unwrap();
    }
    pages.fail(FaultPlan::Never, &[]);
    pass(8000);
    scope.collect(CollectionKind::Young);
    assert_eq!((scope.memory_statistics().unreturned, pages.committed()), (0, idle));
}

#[test]
fn the_clock_is_not_asked_in_the_middle_of_a_collection() {
    // It panics; the heap is whole all the same.
    let panics = Arc::new(AtomicU64::new(0));
    let armed = Arc::clone(&panics);
    let start = Instant::now();
    let mut isolate = Isolate::builder()
        .classes(&CLASSES)
        .clock(move || {
            assert!(armed.load(Ordering::Relaxed) == 0, "no time");
            start
        })
        .build()
        .unwrap();
    let mut scope = isolate.enter();
    let kept = bytes(&mut scope, 100 * KB);
    drop((0..10).map(|_| bytes(&mut scope, 120 * KB)).collect::<Vec<_>>());
    panics.store(1, Ordering::Relaxed);
    let message = heapwright_tests::panic_message(|| scope.collect(CollectionKind::Full));
    assert_eq!(message, "no time");
    scope.verify().unwrap();
    assert_eq!(kept.get(&scope).data(5), 7);
    panics.store(0, Ordering::Relaxed);
    scope.collect(CollectionKind::Full);
    scope.verify().unwrap();
    assert!(scope.memory_statistics().pooled_chunks > 0);
}

#[test]
fn an_isolate_that_cannot_be_made_leaves_nothing() {
    let pages = Arc::new(FaultyPageAllocator::default());
    for n in 1.. {
        pages.fail(FaultPlan::At(n), &[PageOperation::Allocate, PageOperation::SetPermissions]);
        let result = Isolate::builder().classes(&CLASSES).page_allocator(pages.clone()).build();
        match result {
            Err(error @ (IsolateError::Memory(_) | IsolateError::OutOfMemory(_))) => {
                assert_eq!(pages.faults().len(), 1, "{error}");
                // The source of the sources is the system's error.
                let mut source: &dyn std::error::Error = &error;
                while let Some(next) = source.source() {
                    source = next;
                }
                assert!(source.downcast_ref::<std::io::Error>().is_some(), "{error}: {source}");
            }
            Err(other) => panic!("{other}"),
            Ok(isolate) => {
                assert!(n > 10);
                drop(isolate);
                break;
            }
        }
        assert_eq!((pages.mapped(), pages.committed()), (0, 0), "call {n}");
    }
    assert_eq!((pages.mapped(), pages.committed()), (0, 0));
}
