//! Graphs of random objects of the kinds that `graphs.rs` has not: several tails and optional fields whose lengths are
//! computed, structs, words that may be strong or weak, weak lists that close up, ephemerons, maps with fields, raw and inherited
//! lengths, code, read-only objects, copies. Mutated by every kind of store, collected, and compared with a shadow model.
//!
//! A case is a list of operations on numbers that are taken modulo what exists, so that proptest can shrink it.
//! `HEAPWRIGHT_CASES=50` multiplies the number of cases, and `HEAPWRIGHT_SEED=7` draws others.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

mod classes;
mod entries;
mod ops;
mod slots;
mod world;

use classes::{CLASSES, CountedInit, NodeInit, STONES, Text, TextInit};
use heapwright::stress::{self, Mode};
use heapwright::{IsolateBuilder, SpaceId, prelude::*};
use ops::{Op, op};
use proptest::collection::vec;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use world::{Count, World};

/// Plays one case from the start of an isolate to its end.
fn play(builder: IsolateBuilder, is_tight: bool, ops: &[Op]) -> Count {
    let mut isolate = builder.classes(&CLASSES).roots(&STONES).code_range(16 << 20).verify(true).build().unwrap();
    let mut world = World::new(is_tight);
    let mut scope = isolate.enter();
    if is_tight {
        // Nothing in the model: it only takes room.
        let parent = CountedInit { parent: NodeInit { id: -1 }, length: 8 << 18 };
        Text::new(&mut scope, TextInit { parent, units: Filled::new(0, 8 << 18) });
    }
    ops.iter().for_each(|op| world.step(&mut scope, op));
    scope.collect(CollectionKind::Full);
    world.compare(&scope, true);
    world.count.linear = scope.statistics().ephemerons.linear;
    world.globals.clear();
    // The ballast's handle ends with the scope.
    drop(scope);
    let mut scope = isolate.enter();
    scope.collect(CollectionKind::Full);
    for (space, statistics) in scope.statistics().spaces {
        if !matches!(space, SpaceId::Map | SpaceId::ReadOnly) {
            assert_eq!(statistics.used, 0, "{space} of an empty heap: {statistics:?}");
        }
    }
    world.count
}

fn run(cases: u32, length: usize, big: u32, builder: impl Fn() -> IsolateBuilder) -> Count {
    run_tight(cases, length, big, false, builder)
}

/// The same where memory may run out.
fn run_tight(cases: u32, length: usize, big: u32, is_tight: bool, builder: impl Fn() -> IsolateBuilder) -> Count {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let cases = cases * number("HEAPWRIGHT_CASES").unwrap_or(1) as u32;
    let mut seed = *b"heapwright: graphs of all kinds.";
    seed[..8].copy_from_slice(&number("HEAPWRIGHT_SEED").unwrap_or(0).to_le_bytes());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 3000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let count = std::cell::Cell::new(Count::default());
    let result = runner.run(&vec(op(big), length / 2..length), |ops| {
        let mut sum = count.get();
        sum += play(builder(), is_tight, &ops);
        count.set(sum);
        Ok(())
    });
    match result {
        Ok(()) => count.get(),
        Err(TestError::Fail(reason, ops)) => {
            let ops: Vec<_> = ops.iter().map(|op| format!("    {op:?}\n")).collect();
            panic!("{reason}, after {} operations:\n{}", ops.len(), ops.concat());
        }
        Err(error) => panic!("{error}"),
    }
}

/// All that a case can be about has happened often enough to be a test of it.
fn assert_eventful(count: Count) {
    let Count { copies, of_kinds, large, cleared, spliced, .. } = count;
    assert!(copies > 20 && of_kinds > 10 && large > 0 && cleared > 50 && spliced > 10, "{count:?}");
    let Count { entries_cleared, kept_by_entries, own_values, linear, keys, .. } = count;
    assert!(entries_cleared > 50 && kept_by_entries > 50 && own_values > 10 && linear > 0, "{count:?}");
    // A young large object is an old one where it is compared, which is after a collection.
    let spaces = [SpaceId::New, SpaceId::Old, SpaceId::LargeObject, SpaceId::Code, SpaceId::Map, SpaceId::ReadOnly];
    // Where each allocation collects, what was made before the last one is old.
    let may_be_none = |space| space == SpaceId::New && stress::mode(Mode::Allocations);
    assert!(spaces.iter().all(|space| keys[*space as usize] > 0 || may_be_none(*space)), "{count:?}");
}

fn tiny() -> IsolateBuilder {
    Isolate::builder().semi_space_size(256 << 10, 512 << 10)
}

#[test]
fn no_stress() {
    assert_eventful(run(15, 400, 20, Isolate::builder));
}

#[test]
fn no_stress_tiny_semi_spaces() {
    assert_eventful(run(15, 400, 20, tiny));
}

#[test]
fn young_at_every_allocation() {
    run(6, 160, 2, || Isolate::builder().stress(1, CollectionKind::Young));
    run(6, 160, 2, || tiny().stress(1, CollectionKind::Young));
}

#[test]
fn full_at_every_allocation() {
    run(6, 160, 2, || Isolate::builder().stress(1, CollectionKind::Full));
    run(6, 160, 2, || tiny().stress(1, CollectionKind::Full));
}

#[test]
fn full_at_every_seventh_allocation() {
    run(8, 250, 4, || Isolate::builder().stress(7, CollectionKind::Full));
    run(8, 250, 4, || tiny().stress(7, CollectionKind::Full));
}

#[test]
fn marking_all_the_time() {
    run(5, 200, 3, || tiny().stress(2, CollectionKind::Young).stress_marking());
    run(8, 300, 4, || tiny().stress(25, CollectionKind::Full).stress_marking());
    run(8, 300, 4, || Isolate::builder().stress(60, CollectionKind::Full).stress_marking());
}

#[test]
fn all_that_is_old_is_moved() {
    run(5, 300, 4, || Isolate::builder().stress_compaction());
    run(5, 300, 4, || tiny().stress_compaction().stress(40, CollectionKind::Full).stress_marking());
    run(5, 300, 4, || tiny().stress_compaction().stress_evacuation_aborts(7));
}

#[test]
fn several_threads() {
    for threads in [2, 4] {
        let several = |builder: IsolateBuilder| builder.gc_threads(threads).stress_threads();
        run(5, 400, 20, || several(tiny()));
        run(2, 160, 2, || several(tiny()).stress(1, CollectionKind::Young));
        run(2, 160, 2, || several(Isolate::builder()).stress(3, CollectionKind::Full));
        run(2, 200, 3, || several(tiny()).stress(2, CollectionKind::Young).stress_marking());
    }
}

#[test]
fn promoted_as_it_lies() {
    for seed in 0..4 {
        let promoting = |builder: IsolateBuilder| builder.stress_promotion(seed);
        run(3, 400, 20, || promoting(tiny()));
        run(2, 160, 2, || promoting(tiny()).stress(1, CollectionKind::Young));
        run(2, 160, 2, || promoting(Isolate::builder()).stress(3, CollectionKind::Full));
        run(2, 200, 3, || promoting(tiny()).stress(2, CollectionKind::Young).stress_marking());
        run(2, 300, 4, || promoting(tiny()).stress(25, CollectionKind::Full).stress_marking());
        run(2, 200, 3, || promoting(tiny()).gc_threads(3).stress_threads().stress(3, CollectionKind::Young));
        run(2, 200, 3, || promoting(tiny()).stress_compaction().stress(5, CollectionKind::Full));
    }
}

#[test]
fn memory_runs_out_now_and_then() {
    let count = run_tight(3, 300, 300, true, || Isolate::builder().max_heap_size(8 << 20));
    assert!(count.failures > 0, "{count:?}");
    run_tight(1, 200, 300, true, || tiny().max_heap_size(8 << 20).stress(9, CollectionKind::Young));
    run_tight(2, 200, 300, true, || tiny().max_heap_size(8 << 20).stress_promotion(7));
}
