//! How a heap is tuned, while it runs too: policies, growing by measured speeds, external memory, budgets, and callbacks
//! around collections.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::stress::{self, Mode};
use heapwright::{
    CollectionReason, ExternalMemory, Growing, HeapPolicy, IsolateBuilder, IsolateError, OutOfMemoryReason, SpaceId,
    prelude::*,
};
use heapwright_tests::panic_message;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

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

heap_classes! { static CLASSES = [Node, Bytes]; }

const MB: usize = 1 << 20;

/// Marking all the time, it is through at other times: then numbers of collections say nothing.
fn counts() -> bool {
    !stress::mode(Mode::Marking)
}

const OLD: AllocationType = AllocationType::Old;

fn builder() -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES)
}

/// An old object of so many bytes of data.
fn old<'s>(scope: &mut HandleScope<'s>, bytes: usize) -> Handle<'s, Bytes> {
    Bytes::try_new_in(scope, OLD, BytesInit { data: Filled::new(1, bytes) }).unwrap()
}

fn last_reason(scope: &HandleScope<'_>) -> Option<CollectionReason> {
    scope.statistics().collections.last().map(|record| record.reason)
}

#[test]
fn values_that_cannot_work_are_refused_with_the_number_and_change_nothing() {
    /// The option, a value, and how it gets there.
    type Case = (&'static str, usize, fn(&mut HeapPolicy));
    let cases: [Case; 11] = [
        ("max_heap_size", 8 * MB - 1, |p| p.max_heap_size = 8 * MB - 1),
        ("total_budget", 0, |p| p.total_budget = Some(0)),
        ("semi_space_size", 100, |p| p.initial_semi_space_size = 100),
        ("semi_space_size", MB + 1, |p| p.max_semi_space_size = MB + 1),
        ("semi_space_size", MB / 2, |p| p.max_semi_space_size = MB / 2),
        ("initial_old_generation_limit", MB - 1, |p| p.initial_old_generation_limit = MB - 1),
        ("growing", 109, |p| p.growing = Growing::Percent(109)),
        ("marking_start", 101, |p| p.marking_start = 101),
        ("marking_speed", 0, |p| p.marking_speed = 0),
        ("external_memory_step", 5, |p| p.external_memory_step = 5),
        ("threads", 0, |p| p.threads = 0),
    ];
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    assert_eq!(scope.policy(), HeapPolicy::default());
    for (option, value, change) in cases {
        let mut policy = HeapPolicy::default();
        change(&mut policy);
        let error = scope.set_policy(&policy).unwrap_err();
        assert_eq!((error.option, error.value), (option, value));
        assert!(error.to_string().starts_with(&format!("{option} is {value}: ")), "{error}");
        assert_eq!(scope.policy(), HeapPolicy::default());
        match builder().policy(policy).build() {
            Err(IsolateError::InvalidOption { option: o, value: v, .. }) => assert_eq!((o, v), (option, value)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_limits_of_a_heap_in_use_may_be_changed() {
    // It asks when it is collected.
    let mut isolate = builder()
        .unstressed(Mode::Allocations)
        .max_heap_size(64 * MB)
        .growing(Growing::Bytes)
        .verify(true)
        .build()
        .unwrap();
    let mut scope = isolate.enter();
    let kept: Vec<_> = (0..18).map(|_| old(&mut scope, MB)).collect();
    let mut policy = scope.policy();
    assert_eq!((policy.max_heap_size, policy.growing), (64 * MB, Growing::Bytes));

    // Less than there is: nothing more is had.
    policy.max_heap_size = 16 * MB;
    scope.set_policy(&policy).unwrap();
    let error = Bytes::try_new_in(&mut scope, OLD, BytesInit { data: Filled::new(0, MB) }).unwrap_err();
    assert!(matches!(error.reason, OutOfMemoryReason::HeapLimit { limit, used } if limit == 16 * MB && used > limit));
    policy.max_heap_size = 96 * MB;
    scope.set_policy(&policy).unwrap();
    let more: Vec<_> = (0..20).map(|_| old(&mut scope, MB)).collect();
    assert!(kept.iter().chain(&more).all(|bytes| bytes.get(&scope).data(MB - 1) == 1));

    // Semi-spaces follow at once.
    let young = |scope: &HandleScope<'_>| {
        let statistics = scope.statistics();
        statistics.spaces.iter().find(|(id, _)| *id == SpaceId::New).unwrap().1.committed
    };
    let before = young(&scope);
    (policy.initial_semi_space_size, policy.max_semi_space_size) = (4 * MB, 4 * MB);
    scope.set_policy(&policy).unwrap();
    assert!(young(&scope) > 3 * before, "{before} {}", young(&scope));
    let list = Node::new(&mut scope, NodeInit { value: 0, next: smi(0) });
    for value in 0..60_000 {
        let mut inner = scope.nested();
        let next = list.get(&inner).next();
        let next = inner.handle(next);
        let node = Node::new(&mut inner, NodeInit { value, next });
        list.get(&inner).set_next(node.get(&inner));
    }
    (policy.initial_semi_space_size, policy.max_semi_space_size) = (256 << 10, 256 << 10);
    scope.set_policy(&policy).unwrap();
    scope.verify().unwrap();
    scope.collect(CollectionKind::Full);
    scope.set_policy(&policy).unwrap();
    assert!(young(&scope) < before, "{before} {}", young(&scope));
    let mut at = list.get(&scope).next();
    for value in (0..60_000).rev() {
        assert_eq!(at.cast::<Node>().value(), value);
        at = at.cast::<Node>().next();
    }
}

#[test]
fn marking_in_steps_may_be_turned_off_while_it_goes_on() {
    let mut policy = HeapPolicy::default();
    policy.threads = 1; // another might be through already
    policy.initial_old_generation_limit = 16 * MB;
    policy.growing = Growing::Bytes;
    (policy.marking_start, policy.marking_speed) = (50, 1);
    // It asks when it is collected.
    let mut isolate = builder().unstressed(Mode::Allocations).policy(policy.clone()).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let kept: Vec<_> = (0..100).map(|_| old(&mut scope, 100_000)).collect();
    let steps = scope.statistics().marking_steps.count;
    assert!(steps > 0);
    assert!(!counts() || scope.statistics().full.count == 0);
    policy.incremental_marking = false;
    scope.set_policy(&policy).unwrap();
    for _ in 0..300 {
        old(&mut scope.nested(), 100_000);
    }
    let statistics = scope.statistics();
    assert!(statistics.full.count > 0 && statistics.marking_steps.count == steps, "{statistics:?}");
    assert!(!counts() || statistics.collections.iter().all(|of| of.reason == CollectionReason::OldGenerationLimit));
    assert!(kept.iter().all(|bytes| bytes.get(&scope).data(9) == 1));
}

/// A clock that goes on by a millisecond each time it is asked, and as told.
#[derive(Clone, Default)]
struct Time(Arc<AtomicU64>);

impl Time {
    fn pass(&self, milliseconds: u64) {
        self.0.fetch_add(milliseconds, Ordering::Relaxed);
    }

    fn clock(&self) -> impl Fn() -> Instant + Send + Sync + 'static {
        let (time, zero) = (self.clone(), Instant::now());
        move || zero + Duration::from_millis(time.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// The limit after 20 MiB were made in so many milliseconds, all of them alive.
fn limit_after(growing: Growing, milliseconds: u64) -> usize {
    let time = Time::default();
    let mut policy = HeapPolicy::default();
    (policy.growing, policy.initial_old_generation_limit, policy.incremental_marking) = (growing, MB, false);
    // Of its own accord it is collected when marking is through.
    let builder = builder().unstressed(Mode::Marking).unstressed(Mode::Allocations);
    let mut isolate = builder.policy(policy).clock(time.clock()).build().unwrap();
    let mut scope = isolate.enter();
    let mut kept = Vec::new();
    for _ in 0..2 {
        // What is measured is the program between two full collections.
        kept.clear();
        scope.collect(CollectionKind::Full);
        for _ in 0..20 {
            let mut inner = scope.nested();
            let bytes = old(&mut inner, MB);
            kept.push(Global::new(&inner, bytes));
        }
        time.pass(milliseconds);
    }
    let mut inner = scope.nested();
    inner.collect(CollectionKind::Full);
    let statistics = inner.statistics();
    let is_known = statistics.collector_speed.is_some() && statistics.mutator_speed.is_some();
    assert_eq!(is_known, growing == Growing::Measured);
    statistics.old_generation_limit
}

#[test]
fn a_slow_program_keeps_a_small_heap_and_a_fast_one_grows_to_four_times_what_lives() {
    let live = 20 * MB;
    let by_bytes = limit_after(Growing::Bytes, 0);
    assert!(by_bytes > live + 35 * MB && by_bytes < live + 45 * MB, "{by_bytes}");
    assert_eq!(limit_after(Growing::Bytes, 1_000_000), by_bytes);
    let fast = limit_after(Growing::Measured, 0);
    assert!(fast > live * 4 - 2 * MB && fast < live * 4 + 4 * MB, "{fast}");
    let slow = limit_after(Growing::Measured, 1_000_000);
    assert!(slow > live + 8 * MB && slow < live + 11 * MB, "{slow}");
    // In between, the slower the smaller.
    let between = [40, 60, 90].map(|ms| limit_after(Growing::Measured, ms));
    assert!(between.is_sorted_by(|a, b| a >= b) && between[0] <= fast && between[2] >= slow, "{between:?}");
    let percent = limit_after(Growing::Percent(130), 0);
    assert!(percent > live * 13 / 10 - MB && percent < live * 13 / 10 + MB, "{percent}");
}

#[test]
fn external_memory_is_counted_and_may_be_released_anywhere() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    assert_eq!(scope.adjust_external_memory(1000), 1000);
    assert_eq!(scope.try_adjust_external_memory(-400).unwrap(), 600);
    // Below nothing is nothing.
    assert_eq!(scope.adjust_external_memory(isize::MIN), 0);
    let mut guards: Vec<ExternalMemory> =
        (1..=10).map(|n| scope.try_register_external_memory(n * 100).unwrap()).collect();
    assert_eq!(scope.statistics().external, 5500);
    assert_eq!((guards[9].shrink_to(300), guards[9].shrink_to(400), guards[9].bytes()), (300, 300, 300));
    assert_eq!(scope.statistics().external, 4800);
    let left = guards.split_off(5);
    std::thread::spawn(move || drop(guards)).join().unwrap();
    assert_eq!(scope.statistics().external, 3300);
    drop(scope);
    drop(isolate);
    drop(left);
}

#[test]
fn much_external_memory_is_a_reason_to_collect() {
    for incremental in [false, true] {
        // It counts collections.
        let mut isolate = builder().unstressed(Mode::Allocations).incremental_marking(incremental).build().unwrap();
        let mut scope = isolate.enter();
        let mut most = 0;
        // Images that nobody holds: the heap is next to empty, what they keep is not.
        for _ in 0..1000 {
            let mut inner = scope.nested();
            let memory = inner.try_register_external_memory(MB).unwrap();
            let image = Node::new(&mut inner, NodeInit { value: 0, next: smi(0) });
            inner.add_finalizer(image, memory, |_, memory| drop(memory));
            most = most.max(inner.statistics().external);
        }
        let statistics = scope.statistics();
        assert!(most <= 66 * MB, "{most}");
        assert!(!counts() || (15..=40).contains(&statistics.full.count), "{}", statistics.full.count);
        let reasons: Vec<_> = statistics.collections.iter().map(|record| record.reason).collect();
        assert!(reasons.iter().all(|reason| *reason == CollectionReason::ExternalMemory), "{reasons:?}");
        assert_eq!(reasons[0].name(), "external memory");
    }
}

#[test]
fn live_external_memory_is_not_collected_for_again_and_again() {
    // It counts collections.
    let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let mut kept = Vec::new();
    for _ in 0..100 {
        kept.push(scope.try_register_external_memory(100 * MB).unwrap());
    }
    // Each time it has grown by half: 10 GB, not one collection for each of them.
    let count = scope.statistics().full.count;
    assert!(!counts() || (5..25).contains(&count), "{count}");
    // And no more for it later.
    old(&mut scope, MB);
    assert!(!counts() || scope.statistics().full.count == count);
}

#[test]
fn external_memory_spends_the_room_of_the_old_generation() {
    for (external, expected) in [(0, 32), (32, 16), (56, 4)] {
        let mut policy = HeapPolicy::default();
        policy.incremental_marking = false;
        // It asks when it is collected.
        let mut isolate = builder().unstressed(Mode::Allocations).policy(policy).build().unwrap();
        let mut scope = isolate.enter();
        scope.adjust_external_memory((external * MB) as isize);
        assert_eq!(scope.statistics().full.count, 0);
        let mut made = 0;
        while scope.statistics().full.count == 0 {
            old(&mut scope.nested(), MB - 1000);
            made += 1;
        }
        assert!(!counts() || (expected..=expected + 1).contains(&(made - 1)), "{external}: {made}");
        assert!(!counts() || last_reason(&scope) == Some(CollectionReason::OldGenerationLimit));
    }
}

#[test]
fn heap_and_external_memory_never_exceed_the_total_budget() {
    let mut policy = HeapPolicy::default();
    policy.total_budget = Some(24 * MB);
    let mut isolate = builder().policy(policy).build().unwrap();
    let mut scope = isolate.enter();
    let held = scope.try_register_external_memory(8 * MB).unwrap();
    let within = |scope: &HandleScope<'_>| {
        let memory = scope.memory_statistics();
        let all = memory.committed + memory.pooled_committed + scope.statistics().external;
        assert!(all <= 24 * MB, "{memory:?}");
    };
    {
        let mut inner = scope.nested();
        let error = loop {
            match Bytes::try_new(&mut inner, BytesInit { data: Filled::new(7, 100_000) }) {
                Ok(_) => within(&inner),
                Err(error) => break error,
            }
        };
        match error.reason {
            OutOfMemoryReason::TotalBudget { budget, committed, external } => {
                assert_eq!((budget, external), (24 * MB, 8 * MB));
                assert!(committed <= 16 * MB && committed > 12 * MB, "{committed}");
            }
            // Several allocations in a row that collected for next to nothing.
            OutOfMemoryReason::IneffectiveCollections { limit, .. } => assert_eq!(limit, 16 * MB),
            ref other => panic!("{other:?}"),
        }
        // Nor does the heap leave room for more of the other kind.
        let error = inner.try_register_external_memory(8 * MB).unwrap_err();
        assert_eq!((error.requested, error.budget, error.external), (8 * MB, 24 * MB, 8 * MB));
        assert!(error.committed > 12 * MB && error.to_string().contains("8388608 bytes of external memory exceed"));
        assert_eq!(inner.try_adjust_external_memory(8 * MB as isize).unwrap_err(), error);
        assert_eq!(inner.statistics().external, 8 * MB);
        inner.verify().unwrap();
    }
    // What nobody holds any more goes for it, and so does the pool.
    let more = scope.try_register_external_memory(8 * MB).unwrap();
    within(&scope);
    // More than could ever be.
    for absurd in [17 * MB, isize::MAX as usize, usize::MAX] {
        assert_eq!(scope.try_register_external_memory(absurd).unwrap_err().requested, absurd);
    }
    // What is there already is counted, and leaves the heap without.
    assert_eq!(scope.adjust_external_memory(16 * MB as isize), 32 * MB);
    let error = Bytes::try_new_in(&mut scope, OLD, BytesInit { data: Filled::new(7, 9 * MB) }).unwrap_err();
    assert!(matches!(error.reason, OutOfMemoryReason::TotalBudget { external, .. } if external == 32 * MB), "{error}");
    scope.adjust_external_memory(-(16 * MB as isize));
    drop((held, more));
    old(&mut scope, 9 * MB);
    within(&scope);
}

#[test]
fn registering_runs_finalizers_before_it_is_refused() {
    let mut policy = HeapPolicy::default();
    policy.total_budget = Some(32 * MB);
    let mut isolate = builder().policy(policy).build().unwrap();
    let mut scope = isolate.enter();
    for _ in 0..20 {
        let mut inner = scope.nested();
        let memory = inner.try_register_external_memory(20 * MB).unwrap();
        let image = Node::new(&mut inner, NodeInit { value: 0, next: smi(0) });
        inner.add_finalizer(image, memory, |_, memory| drop(memory));
    }
    assert_eq!(scope.statistics().external, 20 * MB);
}

#[test]
fn embedders_give_reasons_of_their_own() {
    // It counts collections.
    let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let weak = {
        let mut inner = scope.nested();
        let node = Node::new(&mut inner, NodeInit { value: 0, next: smi(0) });
        WeakGlobal::new(&inner, node)
    };
    scope.collect_for(CollectionKind::Full, "tab closed");
    assert!(weak.get(&scope).is_none());
    scope.collect_for(CollectionKind::Young, "frame");
    let records = scope.statistics().collections;
    let told: Vec<_> = records.iter().map(|record| (record.kind, record.reason)).collect();
    assert_eq!(
        told,
        [
            (CollectionKind::Full, CollectionReason::Embedder("tab closed")),
            (CollectionKind::Young, CollectionReason::Embedder("frame"))
        ]
    );
}

#[test]
fn callbacks_run_around_collections_of_their_kind() {
    // It counts collections.
    let mut isolate = builder().unstressed(Mode::Marking).unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let log = Arc::new(Mutex::new(Vec::new()));
    let mut add = |name: &'static str, kind: Option<CollectionKind>, before: bool| {
        let log = Arc::clone(&log);
        let note = move |event: heapwright::GcEvent| {
            assert_eq!(event.record.is_none(), before);
            assert!(event.committed > 0 && event.external == 77);
            log.lock().unwrap().push((name, event.kind, event.reason, event.used));
        };
        if before { scope.add_gc_prologue(kind, note) } else { scope.add_gc_epilogue(kind, note) }
    };
    let first = add("first", None, true);
    add("full", Some(CollectionKind::Full), true);
    add("after", None, false);
    scope.adjust_external_memory(77);
    Bytes::new(&mut scope.nested(), BytesInit { data: Filled::new(1, 1000) });
    scope.collect(CollectionKind::Full);
    let full = std::mem::take(&mut *log.lock().unwrap());
    assert_eq!(full.iter().map(|of| of.0).collect::<Vec<_>>(), ["first", "full", "after"]);
    assert!(full.iter().all(|of| of.1 == CollectionKind::Full && of.2 == CollectionReason::Requested));
    assert!(full[0].3 >= full[2].3 + 1000, "{full:?}");

    // In the middle of an allocation, too; and removed ones no more.
    assert!(scope.remove_gc_callback(first) && !scope.remove_gc_callback(first));
    while log.lock().unwrap().is_empty() {
        Node::new(&mut scope.nested(), NodeInit { value: 0, next: smi(0) });
    }
    let young = log.lock().unwrap().clone();
    assert_eq!(young.len(), 1);
    assert_eq!((young[0].0, young[0].1, young[0].2), ("after", CollectionKind::Young, CollectionReason::SemispaceFull));
}

#[test]
fn callbacks_may_let_go_of_what_is_collected() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    let (node, weak) = {
        let mut inner = scope.nested();
        let node = Node::new(&mut inner, NodeInit { value: 3, next: smi(0) });
        (Global::new(&inner, node), WeakGlobal::new(&inner, node))
    };
    let mut held = Some((node, scope.try_register_external_memory(5).unwrap()));
    scope.add_gc_prologue(Some(CollectionKind::Full), move |_| drop(held.take()));
    scope.collect(CollectionKind::Young);
    assert_eq!(weak.get(&scope).map(|node| node.value()), Some(3));
    scope.collect(CollectionKind::Full);
    assert!(weak.get(&scope).is_none());
    assert_eq!(scope.statistics().external, 0);
}

#[test]
fn a_callback_that_panics_harms_nothing() {
    let mut isolate = builder().verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let kept = Node::new(&mut scope, NodeInit { value: 3, next: smi(0) });
    let count = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&count);
    let panics = [
        scope.add_gc_prologue(None, |event| panic!("before a {} collection", event.kind.name())),
        scope.add_gc_epilogue(None, |_| panic!("after it")),
    ];
    let before = scope.statistics().full.count;
    scope.add_gc_epilogue(None, move |_| _ = counted.fetch_add(1, Ordering::Relaxed));
    assert_eq!(panic_message(|| scope.collect(CollectionKind::Full)), "before a full collection");
    assert_eq!((count.load(Ordering::Relaxed), scope.statistics().full.count - before), (1, 1));
    // In an allocation it waits for a safepoint.
    while count.load(Ordering::Relaxed) == 1 {
        Node::new(&mut scope.nested(), NodeInit { value: 0, next: smi(0) });
    }
    let kind = scope.statistics().collections.last().unwrap().kind;
    assert_eq!(panic_message(|| scope.run_weak_callbacks()), format!("before a {} collection", kind.name()));
    assert!(panics.into_iter().all(|callback| scope.remove_gc_callback(callback)));
    scope.collect(CollectionKind::Full);
    assert_eq!(kept.get(&scope).value(), 3);
}

#[test]
fn callbacks_belong_to_their_isolate_and_go_with_it() {
    let alive = Arc::new(());
    let (mut one, mut other) = (builder().build().unwrap(), builder().build().unwrap());
    let captured = Arc::clone(&alive);
    let callback = one.enter().add_gc_prologue(None, move |_| assert_eq!(Arc::strong_count(&captured), 2));
    let mut scope = other.enter();
    scope.add_gc_prologue(None, |_| ());
    assert!(!scope.remove_gc_callback(callback), "it has the same number here");
    drop(scope);
    one.enter().collect(CollectionKind::Young);
    drop(one);
    assert_eq!(Arc::strong_count(&alive), 1);
}
