//! Large objects: references far beyond the first 256 KiB, sweeping, many of them. Young ones: `new_large.rs`.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::stress::{self, Mode};
use heapwright::{IsolateBuilder, SpaceId, prelude::*};
use heapwright_tests::Random;

#[heap_object]
pub struct Node {
    value: Smi,
    next: Tagged<Any>,
}

#[heap_object]
pub struct Array {
    first: Tagged<Any>,
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

heap_classes! { pub static CLASSES = [Node, Array, Bytes]; }

fn builder(verify: bool) -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES).verify(verify)
}

fn isolate(verify: bool) -> Isolate {
    builder(verify).build().unwrap()
}

fn array<'s>(scope: &mut HandleScope<'s>, length: usize) -> Handle<'s, Array> {
    let init = ArrayInit { first: smi(0), elements: Filled::new(smi(-1), length) };
    Array::try_new_in(scope, AllocationType::Old, init).unwrap()
}

fn bytes<'s>(scope: &mut HandleScope<'s>, value: u8, length: usize) -> Handle<'s, Bytes> {
    Bytes::try_new_in(scope, AllocationType::Old, BytesInit { data: Filled::new(value, length) }).unwrap()
}

fn node<'s>(scope: &mut HandleScope<'s>, value: i32) -> Handle<'s, Node> {
    Node::new(scope, NodeInit { value, next: smi(value) })
}

fn large(scope: &HandleScope<'_>) -> heapwright::spaces::SpaceStatistics {
    let spaces = scope.statistics().spaces;
    spaces.into_iter().find(|(id, _)| *id == SpaceId::LargeObject).unwrap().1
}

/// Elements at both sides of every multiple of 256 KiB, and at both ends.
fn interesting(length: usize) -> Vec<usize> {
    let word = heapwright::tagged::TAGGED_SIZE;
    let mut all = vec![0, 1, length - 1];
    for chunk in 1.. {
        // Where the object starts in its first chunk does not matter: a few elements around are taken.
        let boundary = chunk * (256 << 10) / word;
        if boundary >= length {
            break;
        }
        all.extend((boundary.saturating_sub(3000)..boundary + 2).step_by(97).filter(|i| *i < length));
    }
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn young_references_far_inside_are_remembered() {
    let mut isolate = isolate(true);
    let mut scope = isolate.enter();
    const LENGTH: usize = 300_000;
    let array = array(&mut scope, LENGTH);
    let address = array.get(&scope).as_heap_object().address();
    assert_eq!(array.get(&scope).as_heap_object().space(), SpaceId::LargeObject);
    let places = interesting(LENGTH);
    for round in 0..3 {
        for &i in &places {
            let mut inner = scope.nested();
            let node = node(&mut inner, round * 1_000_000 + i as i32);
            array.get(&inner).set_elements(i, node);
        }
        for _ in 0..3 {
            scope.collect(CollectionKind::Young);
            let array = array.get(&scope);
            assert_eq!(array.as_heap_object().address(), address);
            for &i in &places {
                let node = array.elements(i).cast::<Node>();
                assert_eq!(node.value(), round * 1_000_000 + i as i32);
                assert_eq!(node.next().as_smi(), Some(node.value()));
            }
        }
    }
    scope.collect(CollectionKind::Full);
    let array = array.get(&scope);
    assert!(places.iter().all(|&i| array.elements(i).cast::<Node>().as_heap_object().space() == SpaceId::Old));
    assert_eq!(array.elements_iter().filter(|e| e.is_smi()).count(), LENGTH - places.len());
}

#[test]
fn a_large_object_made_of_young_references_keeps_them() {
    let mut isolate = isolate(true);
    let mut scope = isolate.enter();
    for place in [AllocationType::Old, AllocationType::Young] {
        let array = {
            let (mut inner, escape) = scope.escapable();
            let one = node(&mut inner, 1);
            let many: Vec<_> = (0..40_000).map(|_| one).collect();
            let array = Array::try_new_in(&mut inner, place, ArrayInit { first: one, elements: &many }).unwrap();
            escape.escape(&inner, array)
        };
        for kind in [CollectionKind::Young, CollectionKind::Young, CollectionKind::Full] {
            scope.collect(kind);
            let array = array.get(&scope);
            let first = array.first().cast::<Node>();
            assert_eq!(first.value(), 1);
            assert!(array.elements_iter().all(|e| core::ptr::eq(e.cast::<Node>(), first)));
        }
    }
}

#[test]
fn a_reference_overwritten_keeps_nothing_alive() {
    let mut isolate = isolate(true);
    let mut scope = isolate.enter();
    let array = array(&mut scope, 200_000);
    let watch = {
        let mut inner = scope.nested();
        let node = node(&mut inner, 1);
        array.get(&inner).set_elements(199_999, node);
        WeakGlobal::new(&inner, node)
    };
    array.get(&scope).set_elements(199_999, smi(5));
    scope.collect(CollectionKind::Young);
    assert!(watch.get(&scope).is_none());
}

#[test]
fn the_dead_are_given_back_and_the_living_stay_where_they_are() {
    // It asks what is there between two collections.
    let mut isolate = builder(true).unstressed(Mode::Allocations).unstressed(Mode::Marking).build().unwrap();
    let mut scope = isolate.enter();
    let before = large(&scope);
    assert_eq!((before.chunks, before.used, before.committed), (0, 0, 0));
    let kept: Vec<(Handle<'_, Bytes>, usize)> = (0..40)
        .map(|i| {
            {
                let mut inner = scope.nested();
                bytes(&mut inner, 0xee, 150_000);
            }
            let bytes = bytes(&mut scope, i as u8, 140_000 + i * 10_000);
            (bytes, bytes.get(&scope).as_heap_object().address())
        })
        .collect();
    assert_eq!(large(&scope).chunks, 80);
    scope.collect(CollectionKind::Young);
    assert_eq!(large(&scope).chunks, 80, "a young collection leaves old objects alone");
    scope.collect(CollectionKind::Full);
    let after = large(&scope);
    assert_eq!(after.chunks, 40);
    assert_eq!(after.used, (0..40).map(|i| Bytes::size_for(140_000 + i * 10_000)).sum::<usize>());
    for (i, (bytes, address)) in kept.iter().enumerate() {
        let bytes = bytes.get(&scope);
        assert_eq!(bytes.as_heap_object().address(), *address);
        assert!(bytes.data_slice().iter().all(|b| b.get() == i as u8));
    }
}

#[test]
fn a_hundred_rounds_need_no_more_memory_than_one() {
    let mut isolate = isolate(false);
    let mut scope = isolate.enter();
    let mut peak = 0;
    for round in 0..100 {
        let mut inner = scope.nested();
        for i in 0..4_u8 {
            let bytes = Bytes::new(&mut inner, BytesInit { data: &vec![i; 1 << 20] });
            assert_eq!(bytes.get(&inner).data((1 << 20) - 1), i);
        }
        drop(inner);
        scope.collect(CollectionKind::Full);
        assert_eq!(large(&scope).chunks, 0);
        let statistics = scope.statistics();
        if round == 0 {
            peak = statistics.peak_committed;
        }
        assert_eq!(statistics.peak_committed, peak);
    }
}

#[test]
fn without_asking_for_collections_garbage_does_not_pile_up() {
    for place in [AllocationType::Old, AllocationType::Young] {
        // It counts collections.
        let mut isolate = Isolate::builder()
            .unstressed(Mode::Allocations)
            .unstressed(Mode::Marking)
            .classes(&CLASSES)
            .max_heap_size(64 << 20)
            .build()
            .unwrap();
        let mut scope = isolate.enter();
        // 2 GB through 64 MiB.
        let data = vec![0_u8; 4 << 20];
        for _ in 0..500 {
            let mut inner = scope.nested();
            Bytes::try_new_in(&mut inner, place, BytesInit { data: &data }).unwrap();
        }
        let statistics = scope.statistics();
        match place {
            AllocationType::Old => assert!(statistics.full.count >= 30, "{statistics:?}"),
            _ => assert_eq!((statistics.full.count, statistics.young.count), (0, 499), "each makes room for the next"),
        }
        assert!(statistics.peak_committed <= 64 << 20);
    }
}

#[test]
fn a_cycle_of_large_objects_dies_and_a_chain_from_a_young_one_lives() {
    let mut isolate = isolate(true);
    let mut scope = isolate.enter();
    {
        let mut inner = scope.nested();
        let a = array(&mut inner, 50_000);
        let b = array(&mut inner, 50_000);
        a.get(&inner).set_elements(49_999, b);
        b.get(&inner).set_first(a);
    }
    let start = {
        let (mut inner, escape) = scope.escapable();
        let last = node(&mut inner, 9);
        let mut next = last.to_any();
        for _ in 0..5 {
            let array = array(&mut inner, 50_000);
            array.get(&inner).set_elements(40_000, next);
            next = array.to_any();
        }
        let start = Node::new(&mut inner, NodeInit { value: 0, next });
        escape.escape(&inner, start)
    };
    assert!(stress::mode(Mode::Allocations) || large(&scope).chunks == 7);
    for kind in [CollectionKind::Young, CollectionKind::Full, CollectionKind::Young] {
        scope.collect(kind);
        let mut at = start.get(&scope).next();
        for _ in 0..5 {
            at = at.cast::<Array>().elements(40_000);
        }
        assert_eq!(at.cast::<Node>().value(), 9);
    }
    assert_eq!(large(&scope).chunks, 5);
    start.get(&scope).set_next(smi(0));
    scope.collect(CollectionKind::Full);
    assert_eq!(large(&scope).chunks, 0);
}

#[test]
fn ten_megabytes_keep_their_contents() {
    let mut isolate = isolate(true);
    let mut scope = isolate.enter();
    let mut random = Random::new(1);
    let data: Vec<u8> = (0..10 << 20).map(|_| random.next() as u8).collect();
    let bytes = Bytes::new(&mut scope, BytesInit { data: &data });
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        scope.collect(kind);
        let bytes = bytes.get(&scope);
        assert!(bytes.data_slice().iter().zip(&data).all(|(a, b)| a.get() == *b));
    }
}

/// Random stores of young and old nodes into several large arrays.
#[test]
fn random_stores_against_a_model() {
    let mut isolate =
        Isolate::builder().classes(&CLASSES).semi_space_size(256 << 10, 512 << 10).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let mut random = Random::new(42);
    const LENGTH: usize = 100_000;
    let arrays: Vec<_> = (0..3).map(|_| array(&mut scope, LENGTH)).collect();
    let mut model = vec![std::collections::HashMap::<usize, i32>::new(); 3];
    for round in 0..12 {
        for _ in 0..1500 {
            let (which, place) = (random.below(3), random.below(LENGTH));
            let mut inner = scope.nested();
            let value = random.below(1_000_000) as i32;
            if random.one_in(8) {
                arrays[which].get(&inner).set_elements(place, smi(-1));
                model[which].remove(&place);
            } else {
                let space = if random.one_in(4) { AllocationType::Old } else { AllocationType::Young };
                let node = Node::try_new_in(&mut inner, space, NodeInit { value, next: smi(0) }).unwrap();
                arrays[which].get(&inner).set_elements(place, node);
                model[which].insert(place, value);
            }
        }
        scope.collect(if round % 4 == 3 { CollectionKind::Full } else { CollectionKind::Young });
        for (array, model) in arrays.iter().zip(&model) {
            let array = array.get(&scope);
            for (&place, &value) in model {
                assert_eq!(array.elements(place).cast::<Node>().value(), value);
            }
        }
    }
    let nodes = |scope: &HandleScope<'_>| {
        scope.class_statistics().iter().find(|c| c.class.name() == "Node").map_or(0, |c| c.objects)
    };
    assert_eq!(nodes(&scope), model.iter().map(std::collections::HashMap::len).sum::<usize>());
}
