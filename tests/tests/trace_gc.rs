//! A line, a record and an event for each collection: they agree, and who is told of one can do no harm.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::stress::{self, Mode};
use heapwright::{CollectionReason, CollectionRecord, Growing, HeapPolicy, prelude::*};
use heapwright_tests::panic_message;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[heap_object]
struct Node {
    value: Smi,
    next: Tagged<Option<Node>>,
}

heap_classes! { static CLASSES = [Node]; }

type Records = Arc<Mutex<Vec<CollectionRecord>>>;

/// A builder that keeps the records, and where it does.
fn recorded() -> (heapwright::IsolateBuilder, Records) {
    let records = Records::default();
    let sink = Arc::clone(&records);
    (Isolate::builder().classes(&CLASSES).trace_gc(move |record| sink.lock().unwrap().push(*record)), records)
}

fn chain<'s>(scope: &mut HandleScope<'s>, length: i32) -> Handle<'s, Node> {
    let head = Node::new(scope, NodeInit { value: 0, next: Nil });
    for value in 1..length {
        let mut inner = scope.nested();
        let next = head.get(&inner).next().map(|node| inner.handle(node));
        let node = Node::new(&mut inner, NodeInit { value, next });
        head.get(&inner).set_next(node);
    }
    head
}

#[test]
fn every_collection_is_told_of_with_what_the_statistics_say() {
    let (builder, records) = recorded();
    let second = builder.clone();
    let mut isolate = builder.build().unwrap();
    let id = isolate.id();
    let mut scope = isolate.enter();
    let length = stress::scaled(200_000);
    let list = chain(&mut scope, length as i32);
    scope.collect(CollectionKind::Young);
    scope.collect(CollectionKind::Full);
    let statistics = scope.statistics();
    let told = records.lock().unwrap().clone();
    assert_eq!(told.len() as u64, statistics.young.count + statistics.full.count);
    // Of which the last are kept.
    assert_eq!(told[told.len().saturating_sub(64)..], statistics.collections);
    let is_expected = |reason| match reason {
        CollectionReason::SemispaceFull => true,
        CollectionReason::Stress => stress::mode(Mode::Allocations),
        CollectionReason::MarkingComplete => stress::mode(Mode::Marking),
        _ => false,
    };
    assert!(told.iter().any(|record| is_expected(record.reason)), "{told:?}");
    for record in &told {
        assert_eq!(record.isolate, id);
        assert_eq!(record.live.is_some(), record.kind == CollectionKind::Full);
        let phases = record.phases;
        assert!(phases.scavenging + phases.marking + phases.sweeping <= record.pause, "{record:?}");
        assert!(record.used_before <= record.committed_before && record.used_after <= record.committed_after);
        assert!((0.0..=1.0).contains(&record.mutator_utilization()), "{record:?}");
    }
    for pair in told.windows(2) {
        assert!(pair[0].since_start + pair[0].pause <= pair[1].since_start + Duration::from_millis(1), "{pair:?}");
        assert_eq!(pair[1].used_before, pair[0].used_after + pair[1].allocated);
    }
    let all: usize = told.iter().map(|record| record.allocated).sum();
    let made = length * Node::SIZE;
    assert!((made..made + (1 << 20)).contains(&all), "{all}");
    let last = told.last().unwrap();
    let live = last.live.unwrap();
    assert!(live >= length * Node::SIZE && live <= last.used_after, "{last:?}");
    assert_eq!(list.get(&scope).value(), 0);
    drop(scope);
    // A clone of the builder shares the sink.
    let mut other = second.build().unwrap();
    other.enter().collect(CollectionKind::Young);
    assert_eq!(records.lock().unwrap().last().unwrap().isolate, other.id());
}

#[test]
fn times_are_the_clocks() {
    let start = Instant::now();
    let now = Arc::new(AtomicU64::new(5000));
    let clock = Arc::clone(&now);
    let (builder, records) = recorded();
    let builder = builder.clock(move || start + Duration::from_millis(clock.load(Ordering::Relaxed)));
    // It asks what is made between two collections.
    let mut isolate = builder.unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let mut collect = |at: u64, kind| {
        now.store(at, Ordering::Relaxed);
        scope.collect(kind);
        let record = *records.lock().unwrap().last().unwrap();
        (record.since_start.as_millis(), record.mutator.as_millis(), record.allocation_rate())
    };
    assert_eq!(collect(5100, CollectionKind::Young), (100, 100, Some(0.0)));
    assert_eq!(collect(5350, CollectionKind::Full), (350, 250, Some(0.0)));
    assert_eq!(collect(5350, CollectionKind::Young), (350, 0, None));
    // One that goes back does no harm.
    assert_eq!(collect(10, CollectionKind::Young), (0, 0, None));
    now.store(2010, Ordering::Relaxed);
    chain(&mut scope, 1000);
    scope.collect(CollectionKind::Young);
    let rate = records.lock().unwrap().last().unwrap().allocation_rate().unwrap();
    assert_eq!(rate, (1000 * Node::SIZE) as f64 / 2.0);
}

#[test]
fn lines_are_aligned_and_say_all() {
    let (builder, records) = recorded();
    let mut isolate = builder.build().unwrap();
    let mut scope = isolate.enter();
    let _list = chain(&mut scope, stress::scaled(300_000) as i32);
    scope.collect(CollectionKind::Full);
    scope.collect(CollectionKind::Young);
    let lines: Vec<String> = records.lock().unwrap().iter().map(CollectionRecord::to_string).collect();
    let column = |line: &str, what: &str| line.find(what).map(|at| line[..at].chars().count());
    for line in &lines {
        assert!(!line.contains('\n') && line.starts_with(&format!("[{}] ", scope.isolate_id())), "{line}");
        for what in [" ms: ", "→", "MiB  pause", "  copied", "  ran"] {
            assert!(column(line, what).is_some(), "no {what} in {line}");
            assert_eq!(column(line, what), column(&lines[0], what), "{what} in\n{}\n{line}", lines[0]);
        }
        assert_eq!(line.contains("  live "), line.contains(": full "), "{line}");
        assert_eq!(line.contains("  scavenge "), line.contains(": full "), "{line}");
    }
    assert!(lines[lines.len() - 2].contains(": full  requested "), "{lines:?}");
    assert!(lines[lines.len() - 1].contains(": young requested "), "{lines:?}");
}

#[test]
fn steps_of_marking_are_told_with_the_collection_after_them() {
    let (builder, records) = recorded();
    let mut policy = HeapPolicy::default();
    policy.growing = Growing::Bytes; // and not as fast as the machine is
    let mut lists = 40;
    if stress::mode(Mode::Verify) {
        // So much would be looked through for minutes.
        (policy.initial_old_generation_limit, lists) = (8 << 20, 10);
    }
    // It counts steps.
    let builder = builder.policy(policy).max_heap_size(256 << 20).semi_space_size(256 << 10, 256 << 10);
    let mut isolate = builder.unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let lists: Vec<_> = (0..lists).map(|_| chain(&mut scope, 100_000)).collect();
    let told = records.lock().unwrap().clone();
    let stepped: Vec<_> = told.iter().filter(|record| record.marking_steps.count > 0).collect();
    let all = scope.statistics().marking_steps;
    assert!(all.count > if stress::mode(Mode::Verify) { 2 } else { 10 }, "{all:?}");
    assert!(told.iter().any(|record| !record.phases.marking.is_zero()), "{all:?}");
    assert!(stepped.iter().map(|record| record.marking_steps.count).sum::<u64>() <= all.count);
    // One alone may have left all to others, or found nothing.
    assert!(
        stepped.iter().map(|record| record.marking_steps.visited + record.marking_steps.elsewhere).sum::<u64>() > 0
    );
    for record in stepped {
        assert!(record.to_string().contains(" steps "), "{record}");
    }
    drop(lists);
}

#[test]
fn a_sink_that_panics_does_no_harm() {
    let (builder, records) = recorded();
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    let builder = builder.trace_gc(move |record| {
        counted.fetch_add(1, Ordering::Relaxed);
        assert!(Isolate::builder().build().is_err(), "one isolate is entered on this thread already");
        panic!("told of {}", record.kind.name());
    });
    // One that comes after it is told all the same.
    let (after, counted) = (Arc::new(AtomicU64::new(0)), Arc::clone(&calls));
    let told = Arc::clone(&after);
    let builder = builder.trace_gc(move |_| _ = told.fetch_add(1, Ordering::Relaxed));
    // It counts collections.
    let mut isolate = builder.unstressed(Mode::Allocations).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let list = chain(&mut scope, 10);
    assert_eq!(panic_message(|| scope.collect(CollectionKind::Young)), "told of young");
    assert_eq!(panic_message(|| scope.collect(CollectionKind::Full)), "told of full");
    // In an allocation it waits for the next safepoint.
    let before = records.lock().unwrap().len();
    chain(&mut scope, 200_000);
    let kind = records.lock().unwrap()[before].kind;
    assert!(kind == CollectionKind::Young || stress::mode(Mode::Marking));
    assert_eq!(panic_message(|| scope.run_weak_callbacks()), format!("told of {}", kind.name()));
    assert_eq!(scope.run_weak_callbacks(), 0);
    assert_eq!(counted.load(Ordering::Relaxed), records.lock().unwrap().len() as u64);
    assert_eq!(counted.load(Ordering::Relaxed), after.load(Ordering::Relaxed));
    scope.verify().unwrap();
    assert_eq!(list.get(&scope).next().unwrap().value(), 9);
}
