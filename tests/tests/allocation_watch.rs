//! Who watches allocations: observers, and the sampling profile.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::code::InstructionStream;
use heapwright::sampling::AllocationProfile;
use heapwright::spaces::AllocationOrigin;
use heapwright::{AllocationStep, IsolateBuilder, prelude::*};
use heapwright_tests::{Random, panic_message};
use std::sync::{Arc, Mutex};

#[heap_object(copy)]
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

#[heap_object(align = double)]
pub struct Doubles {
    #[constant]
    length: Smi,
    #[length = length]
    data: [f64],
}

heap_classes! { static CLASSES = [Node, Bytes, Doubles]; }

const OLD: AllocationType = AllocationType::Old;

fn builder() -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES)
}

fn node<'s>(scope: &mut HandleScope<'s>, place: AllocationType, value: i32) -> Handle<'s, Node> {
    Node::try_new_in(scope, place, NodeInit { value, next: smi(0) }).unwrap()
}

/// Allocates in all ways there are; returns how many objects.
fn allocate_somehow(scope: &mut HandleScope<'_>, random: &mut Random) -> u64 {
    let mut scope = scope.nested();
    match random.below(9) {
        0 => _ = node(&mut scope, AllocationType::Young, 1),
        1 => _ = node(&mut scope, OLD, 1),
        2 => _ = Bytes::new(&mut scope, BytesInit { data: Filled::new(1, random.below(40_000)) }),
        3 => _ = Bytes::try_new_in(&mut scope, OLD, BytesInit { data: Filled::new(1, random.below(1000)) }),
        4 if random.one_in(10) => {
            Bytes::new(&mut scope, BytesInit { data: Filled::new(1, 200_000) });
            Bytes::try_new_in(&mut scope, OLD, BytesInit { data: Filled::new(1, 200_000) }).unwrap();
            return 2;
        }
        5 => {
            let memory = scope.reserve(1000 * Node::SIZE).unwrap();
            let count = random.below(1001);
            for value in 0..count as i32 {
                Node::new_reserved(&memory, NodeInit { value, next: smi(0) });
            }
            return count as u64;
        }
        6 => {
            let source = node(&mut scope, AllocationType::Young, 1);
            Node::try_copy(&mut scope, source).unwrap();
            return 2;
        }
        7 => _ = Doubles::new(&mut scope, DoublesInit { data: Filled::new(1.0, random.below(9)) }),
        _ => _ = InstructionStream::new(&mut scope, &[0xc3; 40]),
    }
    1
}

/// Collects what an observer is told.
fn observe(
    scope: &mut HandleScope<'_>,
    step: usize,
) -> (heapwright::AllocationObserver, Arc<Mutex<Vec<AllocationStep>>>) {
    let steps = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&steps);
    (scope.add_allocation_observer(step, move |step| told.lock().unwrap().push(step)), steps)
}

#[test]
fn each_byte_is_seen_once_however_it_was_allocated() {
    for stress in [None, Some(CollectionKind::Young), Some(CollectionKind::Full)] {
        let builder = builder().code_range(1 << 20);
        let builder = stress.into_iter().fold(builder, |builder, kind| builder.stress(7, kind).verify(true));
        let mut isolate = builder.build().unwrap();
        let mut scope = isolate.enter();
        let mut random = Random::new(5);
        (0..20).for_each(|_| _ = allocate_somehow(&mut scope, &mut random));
        let before = scope.allocation_statistics();
        let (observer, steps) = observe(&mut scope, 1);
        let (coarse, coarse_steps) = observe(&mut scope, 100_000);
        scope.start_sampling(1, 3);
        let rounds = if stress.is_some() { 150 } else { 1500 };
        let objects: u64 = (0..rounds).map(|_| allocate_somehow(&mut scope, &mut random)).sum();
        let counted = scope.allocation_statistics().since(&before).of_origin(AllocationOrigin::Runtime) as usize;
        let profile = scope.stop_sampling().unwrap();
        assert!(scope.remove_allocation_observer(observer) && scope.remove_allocation_observer(coarse));
        let seen: usize = steps.lock().unwrap().iter().map(|step| step.bytes).sum();
        // What is counted includes the fillers before aligned objects, of a word each.
        assert!(seen <= counted && counted - seen <= rounds * 4, "{seen} of {counted}");
        // With a point on each byte, nearly every object is a sample.
        let sampled: u64 = profile.entries.iter().map(|entry| entry.all.samples).sum();
        assert!(sampled <= objects && sampled >= objects - objects / 1000, "{sampled} of {objects}");
        let coarse = coarse_steps.lock().unwrap();
        assert!(coarse.iter().all(|step| step.bytes >= 100_000));
        assert!(coarse.iter().map(|step| step.bytes).sum::<usize>() > seen - 100_000);
    }
}

#[test]
fn observers_are_told_when_the_step_is_full() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    let size = Bytes::size_for(100);
    let (fine, fine_steps) = observe(&mut scope, 10 * size);
    let (coarse, coarse_steps) = observe(&mut scope, 1000 * size);
    for count in 1..=5000 {
        Bytes::allocate(&mut scope, BytesInit { data: Filled::new(1, 100) });
        // Before the next allocation, at the latest.
        assert_eq!(fine_steps.lock().unwrap().len(), (count - 1) / 10, "{count}");
    }
    assert!(scope.remove_allocation_observer(fine) && !scope.remove_allocation_observer(fine));
    let told = fine_steps.lock().unwrap().clone();
    assert_eq!(told.len(), 500, "the last one when it was removed");
    assert!(told.iter().all(|step| (step.bytes, step.size) == (10 * size, size) && step.class.name() == "Bytes"));
    assert_eq!(told[0].isolate, scope.isolate_id());
    assert_eq!(coarse_steps.lock().unwrap().len(), 5);
    // Large steps do not overflow anything; and of another isolate's nothing is removed.
    observe(&mut scope, usize::MAX);
    Bytes::allocate(&mut scope, BytesInit { data: Filled::new(1, 100) });
    drop(scope);
    let mut other = builder().build().unwrap();
    let mut scope = other.enter();
    observe(&mut scope, 5);
    observe(&mut scope, 5);
    assert!(!scope.remove_allocation_observer(coarse));
    assert_eq!(
        panic_message(|| scope.add_allocation_observer(0, |_| ())),
        "an observer of every 0 bytes would never stop: `step` is at least 1"
    );
}

#[test]
fn an_observer_that_panics_harms_nothing() {
    let mut isolate = builder().verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let observer = scope.add_allocation_observer(100, |_| panic!("enough"));
    let kept: Vec<_> = (0..100).map(|value| node(&mut scope, AllocationType::Young, value)).collect();
    assert_eq!(panic_message(|| scope.collect(CollectionKind::Full)), "enough");
    assert!(scope.remove_allocation_observer(observer));
    assert!(kept.iter().zip(0..).all(|(node, value)| node.get(&scope).value() == value));
}

#[test]
fn objects_given_up_half_way_are_not_seen() {
    let (mut isolate, mut other) = (builder().build().unwrap(), builder().verify(true).build().unwrap());
    // Reading it panics, for its scope has ended: when map and length of the new object are there, and no more.
    let dead = node(&mut isolate.enter(), AllocationType::Young, 1);
    let mut scope = other.enter();
    let (observer, steps) = observe(&mut scope, 1);
    scope.start_sampling(1, 1);
    for place in [AllocationType::Young, OLD] {
        for value in 0..3 {
            let message = panic_message(|| Node::try_new_in(&mut scope, place, NodeInit { value, next: dead }));
            assert!(message.contains("scope"), "{message}");
            node(&mut scope, place, value);
        }
        scope.collect(CollectionKind::Full);
    }
    assert!(scope.remove_allocation_observer(observer));
    assert_eq!(steps.lock().unwrap().len(), 6);
    assert_eq!(scope.stop_sampling().unwrap().entries[0].all.samples, 6);
}

/// Keeps every fourth of 40,000 nodes, half of them made under labels.
fn sampled(interval: usize, seed: u64) -> AllocationProfile {
    sampled_in(builder().semi_space_size(256 << 10, 256 << 10), interval, seed)
}

fn sampled_in(builder: IsolateBuilder, interval: usize, seed: u64) -> AllocationProfile {
    let mut isolate = builder.build().unwrap();
    let mut scope = isolate.enter();
    scope.start_sampling(interval, seed);
    let mut kept = Vec::new();
    let mut make = |scope: &mut HandleScope<'_>, value: i32| {
        let mut inner = scope.nested();
        let place = if value % 3 == 0 { OLD } else { AllocationType::Young };
        let node = node(&mut inner, place, value);
        if value % 4 == 0 {
            kept.push(Global::new(&inner, node));
        }
    };
    (0..20_000).for_each(|value| make(&mut scope, value));
    scope.with_allocation_label("outer", |scope| {
        (20_000..30_000).for_each(|value| make(scope, value));
        scope.with_allocation_label("inner", |scope| (30_000..40_000).for_each(|value| make(scope, value)));
    });
    scope.collect(CollectionKind::Full);
    let profile = scope.allocation_profile().unwrap();
    assert_eq!(scope.stop_sampling().unwrap().entries, profile.entries);
    assert!(scope.stop_sampling().is_none() && scope.allocation_profile().is_none());
    profile
}

/// Objects are drawn in the order in which they are made, young and old ones together, whenever somebody looks.
#[test]
fn what_is_drawn_does_not_depend_on_collections() {
    let profile = sampled(256, 7);
    let collecting = builder().semi_space_size(256 << 10, 512 << 10).stress(37, CollectionKind::Young);
    assert_eq!(sampled_in(collecting, 256, 7).entries, profile.entries);
}

#[test]
fn estimates_are_right_on_average_and_follow_from_the_seed() {
    let profile = sampled(256, 7);
    let labels: Vec<_> = profile.entries.iter().map(|entry| entry.labels.clone()).collect();
    assert!(
        labels.len() == 3 && labels.contains(&vec!["outer", "inner"]) && labels.contains(&vec!["outer"]),
        "{labels:?}"
    );
    assert_eq!(sampled(256, 7).entries, profile.entries);
    assert_ne!(sampled(256, 8).entries, profile.entries);
    for seed in 0..5 {
        let entries = sampled(256, seed).entries;
        for (labels, objects) in [(&[][..], 20_000.0), (&["outer"], 10_000.0), (&["outer", "inner"], 10_000.0)] {
            let entry = entries.iter().find(|entry| entry.labels == labels).unwrap();
            assert_eq!(entry.class.name(), "Node");
            for (sampled, expected) in [(entry.all, objects), (entry.live, objects / 4.0)] {
                // Off by 5 times what is usual: that happens once in a million times.
                let off = (sampled.objects as f64 - expected).abs() / expected;
                assert!(off < 5.0 / (sampled.samples as f64).sqrt(), "{seed}: {sampled:?}, {expected}");
                // Each is rounded by itself.
                assert!(sampled.bytes.abs_diff(sampled.objects * Node::SIZE as u64) <= Node::SIZE as u64);
            }
        }
    }
}

#[test]
fn large_objects_do_not_count_more_than_they_should() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    scope.start_sampling(1000, 1);
    for _ in 0..100 {
        Bytes::allocate(&mut scope, BytesInit { data: Filled::new(1, 300_000) });
    }
    let profile = scope.stop_sampling().unwrap();
    let all = profile.entries[0].all;
    assert_eq!((all.samples, all.objects, all.bytes), (100, 100, 100 * Bytes::size_for(300_000) as u64));
    let table = profile.to_string();
    assert!(table.starts_with("one sample each 1000 bytes on average, seed 1"), "{table}");
    assert!(table.lines().count() == 3 && table.contains("100      100  Bytes"), "{table}");
    assert_eq!(
        panic_message(|| scope.start_sampling(0, 1)),
        "a sample each 0 bytes would never end: `interval` is at least 1"
    );
}

#[test]
fn labels_end_with_what_they_are_for() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    // They are known before sampling begins, and forgotten if what they are for panics.
    let message = panic_message(|| {
        scope.with_allocation_label("load", |scope| {
            scope.start_sampling(1, 1);
            node(scope, AllocationType::Young, 1);
            panic!("no such file");
        })
    });
    assert_eq!(message, "no such file");
    node(&mut scope, OLD, 2);
    let mut labels: Vec<_> = scope.stop_sampling().unwrap().entries.into_iter().map(|entry| entry.labels).collect();
    labels.sort();
    assert_eq!(labels, [vec![], vec!["load"]]);
}

#[test]
fn a_profile_is_written_for_devtools() {
    let mut file = Vec::new();
    let profile = sampled(256, 7);
    profile.write_to(&mut file).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&file).unwrap();
    let root = &json["head"];
    assert_eq!((root["callFrame"]["functionName"].as_str(), root["selfSize"].as_u64()), (Some("(root)"), Some(0)));
    let below = |node: &serde_json::Value, name: &str| {
        let children = node["children"].as_array().unwrap();
        children.iter().find(|child| child["callFrame"]["functionName"] == name).cloned().unwrap()
    };
    let outer = below(root, "outer");
    let written = [below(root, "Node"), below(&outer, "Node"), below(&below(&outer, "inner"), "Node")];
    let total: u64 = written.iter().map(|node| node["selfSize"].as_u64().unwrap()).sum();
    assert_eq!(total, profile.entries.iter().map(|entry| entry.live.bytes).sum::<u64>());
    let samples = json["samples"].as_array().unwrap();
    assert_eq!(samples.iter().map(|of| of["size"].as_u64().unwrap()).sum::<u64>(), total);
    let ids: Vec<_> = written.iter().map(|node| &node["id"]).collect();
    assert!(samples.iter().all(|sample| ids.contains(&&sample["nodeId"])));
}
