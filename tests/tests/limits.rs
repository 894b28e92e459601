//! Limits: running out of memory is an ordinary event.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::{IsolateBuilder, IsolateError, OutOfMemoryReason, SpaceId, prelude::*};
use heapwright_tests::{Random, panic_message};
use std::error::Error;

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
    elements: [Tagged<Any>],
}

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

#[heap_object]
pub struct Doubles {
    #[constant]
    length: Smi,
    #[length = length]
    data: [f64],
}

heap_classes! { pub static CLASSES = [Node, Array, Bytes, Doubles]; }

const MB: usize = 1 << 20;
const YOUNG: AllocationType = AllocationType::Young;
const OLD: AllocationType = AllocationType::Old;

fn isolate(max_heap_size: usize) -> Isolate {
    Isolate::builder().classes(&CLASSES).max_heap_size(max_heap_size).build().unwrap()
}

/// Makes a list until there is no memory; checks it, and returns how many nodes there were.
fn fill_with_nodes(scope: &mut HandleScope<'_>, place: AllocationType, limit: usize) -> usize {
    let mut inner = scope.nested();
    let first = Node::try_new_in(&mut inner, place, NodeInit { value: 0, next: smi(0) }).unwrap();
    let mut list = Global::new(&inner, first);
    let mut count = 1;
    let error = loop {
        let mut inner = inner.nested();
        let next = inner.handle(list.get(&inner));
        match Node::try_new_in(&mut inner, place, NodeInit { value: count, next }) {
            Ok(node) => list = Global::new(&inner, node),
            Err(error) => break error,
        }
        count += 1;
    };
    assert_eq!(error.requested, Node::SIZE);
    assert_eq!(error.space, if place == OLD { SpaceId::Old } else { SpaceId::New });
    match error.reason {
        OutOfMemoryReason::HeapLimit { limit: said, used } => {
            assert_eq!(said, limit);
            assert!(used <= limit && used > limit / 2, "{used} of {limit}");
        }
        ref other => panic!("{other:?}"),
    }
    inner.verify().unwrap();
    let mut at = list.get(&inner).as_tagged();
    for value in (0..count).rev() {
        let node = at.cast::<Node>();
        assert_eq!(node.value(), value);
        at = node.next();
    }
    assert_eq!(at.as_smi(), Some(0));
    count as usize
}

#[test]
fn a_list_fills_the_heap_and_the_isolate_stays_usable() {
    for place in [YOUNG, OLD] {
        let limit = 8 * MB;
        let mut isolate = isolate(limit);
        let mut scope = isolate.enter();
        let mut counts = Vec::new();
        for _ in 0..3 {
            counts.push(fill_with_nodes(&mut scope, place, limit));
            let statistics = scope.statistics();
            assert!(statistics.peak_committed <= limit, "{statistics:?}");
            scope.collect(CollectionKind::Full);
            let used: usize = scope.statistics().used();
            assert!(used < MB, "{used} bytes are left of a list that nobody holds");
            scope.verify().unwrap();
        }
        // A heap of 8 MiB holds more than 3 MiB of nodes, every time.
        let least = 3 * MB / Node::SIZE;
        assert!(counts.iter().all(|c| *c > least), "{counts:?}");
        let (min, max) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
        assert!(max - min <= max / 4, "the rounds differ: {counts:?}");
    }
}

#[test]
fn fifty_rounds_of_large_objects_lose_nothing() {
    let limit = 16 * MB;
    let mut isolate = isolate(limit);
    let mut scope = isolate.enter();
    let data = vec![3_u8; MB];
    let mut counts = Vec::new();
    for _ in 0..50 {
        let mut inner = scope.nested();
        let mut kept = Vec::new();
        let error = loop {
            match Bytes::try_new(&mut inner, BytesInit { data: &data }) {
                Ok(bytes) => kept.push(bytes),
                Err(error) => break error,
            }
        };
        assert_eq!((error.requested, error.space), (Bytes::size_for(MB), SpaceId::NewLargeObject));
        assert!(matches!(error.reason, OutOfMemoryReason::HeapLimit { limit: l, used } if l == limit && used <= limit));
        assert!(kept.iter().all(|b| b.get(&inner).data(MB - 1) == 3));
        counts.push(kept.len());
    }
    assert!(counts.iter().all(|c| *c == counts[0] && *c >= 8), "{counts:?}");
    scope.collect(CollectionKind::Full);
    let statistics = scope.statistics();
    assert!(statistics.peak_committed <= limit);
    assert!(
        statistics
            .spaces
            .iter()
            .all(|(id, s)| { !matches!(id, SpaceId::LargeObject | SpaceId::NewLargeObject) || s.committed == 0 })
    );
    scope.verify().unwrap();
}

/// What lives is right after every failure, whatever is dropped in between. Survivors that the old generation has no
/// room for stay young: this is where that happens.
#[test]
fn a_full_heap_is_mutated_at_its_limit() {
    for seed in 0..3 {
        let limit = 8 * MB;
        let builder = Isolate::builder().classes(&CLASSES).max_heap_size(limit);
        let builder = if seed % 2 == 0 { builder } else { builder.semi_space_size(MB, 2 * MB) };
        let mut isolate = builder.build().unwrap();
        let mut scope = isolate.enter();
        let mut random = Random::new(seed);
        let mut kept: Vec<(i32, usize, Global<Array>)> = Vec::new();
        let (mut failures, mut next) = (0, 0);
        while failures < 20 {
            let length = match random.below(30) {
                0 => random.below(60_000),
                1..6 => random.below(6000),
                _ => random.below(300),
            };
            let place = if random.one_in(5) { OLD } else { YOUNG };
            let made = {
                let mut inner = scope.nested();
                let node = Node::try_new_in(&mut inner, place, NodeInit { value: next, next: smi(next) });
                node.and_then(|node| {
                    let array =
                        Array::try_new_in(&mut inner, place, ArrayInit { elements: Filled::new(node, length) })?;
                    Ok(Global::new(&inner, array))
                })
            };
            match made {
                Ok(array) => kept.push((next, length, array)),
                Err(error) => {
                    use OutOfMemoryReason::{HeapLimit, IneffectiveCollections};
                    assert!(matches!(error.reason, HeapLimit { .. } | IneffectiveCollections { .. }), "{error}");
                    failures += 1;
                    for (value, length, array) in &kept {
                        let array = array.get(&scope);
                        assert_eq!(array.elements_len(), *length);
                        for element in [0, length / 2, length.saturating_sub(1)].into_iter().filter(|e| e < length) {
                            let node = array.elements(element).cast::<Node>();
                            assert_eq!((node.value(), node.next().as_smi()), (*value, Some(*value)));
                        }
                    }
                    if failures % 8 == 0 {
                        scope.verify().unwrap();
                    }
                    // Drops a tenth, or now and then nearly all.
                    let part = if random.one_in(10) { 1 } else { 10 };
                    for _ in 0..(kept.len() / part).min(kept.len().saturating_sub(1)) {
                        kept.swap_remove(random.below(kept.len()));
                    }
                }
            }
            // New young objects in old arrays.
            if !kept.is_empty() && random.one_in(3) {
                let (value, length, array) = &kept[random.below(kept.len())];
                let mut inner = scope.nested();
                if let Ok(node) = Node::try_new(&mut inner, NodeInit { value: *value, next: smi(*value) })
                    && *length > 0
                {
                    array.get(&inner).set_elements(random.below(*length), node);
                }
            }
            next += 1;
        }
        let statistics = scope.statistics();
        assert!(statistics.peak_committed <= limit, "{statistics:?}");
        kept.clear();
        scope.collect(CollectionKind::Full);
        scope.verify().unwrap();
        let used =
            scope.statistics().spaces.iter().filter(|(id, _)| *id != SpaceId::Map).map(|(_, s)| s.used).sum::<usize>();
        assert_eq!(used, 0);
    }
}

#[test]
fn the_limit_holds_for_every_size() {
    for limit in [8 * MB, 9 * MB + 12345, 20 * MB, 50 * MB] {
        let mut isolate = isolate(limit);
        let mut scope = isolate.enter();
        assert_eq!(scope.statistics().max_heap_size, limit);
        let mut random = Random::new(limit as u64);
        let mut kept: Vec<Global<Bytes>> = Vec::new();
        let mut bytes = 0;
        // Ten times what fits, a part of it kept.
        while bytes < 10 * limit {
            let length = if random.one_in(50) { random.below(MB) } else { random.below(5000) };
            let mut inner = scope.nested();
            match Bytes::try_new(&mut inner, BytesInit { data: &vec![1; length] }) {
                Ok(new) if random.one_in(3) => kept.push(Global::new(&inner, new)),
                Ok(_) => {}
                Err(error) => {
                    // Full, or so full that collecting has come to nothing.
                    match error.reason {
                        OutOfMemoryReason::HeapLimit { limit: l, used } => assert!(l == limit && used <= limit),
                        OutOfMemoryReason::IneffectiveCollections { limit: l, used, collections } => {
                            assert!(l == limit && used <= limit && used > limit / 2 && collections == 4);
                        }
                        ref other => panic!("{other:?}"),
                    }
                    kept.truncate(kept.len() / 2);
                }
            }
            bytes += length;
        }
        let statistics = scope.statistics();
        assert!(
            statistics.committed <= statistics.peak_committed && statistics.peak_committed <= limit,
            "{statistics:?}"
        );
        let spaces: usize = statistics.spaces.iter().map(|(_, s)| s.committed).sum();
        assert_eq!(spaces, statistics.committed, "{statistics:?}");
        scope.verify().unwrap();
    }
}

#[test]
fn live_data_of_half_the_limit_fits() {
    // What an embedder expects of `max_heap_size(64 MiB)`, default semi-spaces: 32 MiB of live objects, mutated.
    let mutate = |builder: IsolateBuilder| {
        let mut isolate = builder.max_heap_size(64 * MB).build().unwrap();
        let mut scope = isolate.enter();
        let mut kept: Vec<Global<Bytes>> = Vec::new();
        let mut random = Random::new(3);
        for i in 0..30_000 {
            let mut inner = scope.nested();
            let bytes = Bytes::new(&mut inner, BytesInit { data: &[i as u8; 3200] });
            let global = Global::new(&inner, bytes);
            if kept.len() < 10_000 {
                kept.push(global);
            } else {
                kept[random.below(10_000)] = global;
            }
        }
        assert!(scope.statistics().peak_committed <= 64 * MB);
    };
    mutate(Isolate::builder().classes(&CLASSES));
    // All that is young is taken for alive, and nobody finds out that it is not, for marking never ends.
    mutate(Isolate::builder().classes(&CLASSES).stress_marking().stress_compaction());
}

#[test]
fn too_large_and_too_long_say_so_at_once() {
    let mut isolate = isolate(64 * MB);
    let mut scope = isolate.enter();
    let alive = Node::new(&mut scope, NodeInit { value: 1, next: smi(1) });
    let long = heapwright::Smi::MAX.value() as usize + 1;
    let error = Bytes::try_new(&mut scope, BytesInit { data: Filled::new(0, long) }).unwrap_err();
    match error.reason {
        OutOfMemoryReason::TooLong { length, maximum } => assert_eq!((length, maximum), (long, long - 1)),
        ref other => panic!("{other:?}"),
    }
    assert_eq!(error.requested, Bytes::size_for(long));
    let error = Bytes::try_new(&mut scope, BytesInit { data: Filled::new(0, usize::MAX) }).unwrap_err();
    assert!(matches!(error.reason, OutOfMemoryReason::TooLong { length: usize::MAX, .. }), "{error}");
    let error = Array::try_new(&mut scope, ArrayInit { elements: Filled::new(smi(0), usize::MAX) }).unwrap_err();
    assert!(matches!(error.reason, OutOfMemoryReason::TooLong { .. }), "{error}");
    // 4 GiB of elements do not fit the cage, whatever the limit.
    let error = Doubles::try_new(&mut scope, DoublesInit { data: Filled::new(0.0, 1 << 29) }).unwrap_err();
    match error.reason {
        OutOfMemoryReason::TooLarge { maximum } => assert!(maximum > 3 << 30 && maximum < 1 << 32),
        ref other => panic!("{other:?}"),
    }
    assert_eq!((error.requested, error.space), (Doubles::size_for(1 << 29), SpaceId::NewLargeObject));
    // 1 GiB does not fit this heap.
    let error = Doubles::try_new(&mut scope, DoublesInit { data: Filled::new(0.0, 1 << 27) }).unwrap_err();
    assert!(matches!(error.reason, OutOfMemoryReason::HeapLimit { limit, .. } if limit == 64 * MB), "{error}");
    assert_eq!(alive.get(&scope).value(), 1);
    scope.verify().unwrap();
}

#[test]
fn messages_have_the_numbers() {
    let mut isolate = isolate(8 * MB);
    let mut scope = isolate.enter();
    let error = Bytes::try_new(&mut scope, BytesInit { data: Filled::new(0, 9 * MB) }).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with(&format!(
        "out of memory: {} bytes in new_large_object_space: the heap holds ",
        Bytes::size_for(9 * MB)
    )));
    assert!(text.ends_with(&format!(" bytes and may hold {}", 8 * MB)), "{text}");
    assert!(error.source().unwrap().to_string().starts_with("the heap holds "));
    let message = panic_message(|| Bytes::new(&mut scope, BytesInit { data: Filled::new(0, 9 * MB) }));
    assert!(message.starts_with("out of memory: "), "{message}");
    scope.verify().unwrap();
}

#[test]
fn reservations_fail_like_allocations() {
    let mut isolate = isolate(8 * MB);
    let mut scope = isolate.enter();
    let error = scope.reserve(Reservation::MAX + 1).map(|_| ()).unwrap_err();
    assert!(matches!(error.reason, OutOfMemoryReason::TooLarge { maximum } if maximum == Reservation::MAX), "{error}");
    let mut list = None::<Global<Node>>;
    let mut chunks = 0;
    let error = loop {
        let next =
            list.as_ref().map_or_else(|| scope.handle(smi(0)), |list| scope.handle(list.get(&scope).as_tagged()));
        match scope.reserve(1000 * Node::SIZE) {
            Ok(memory) => {
                let mut last = next.get(&memory);
                for value in 0..1000 {
                    last = Node::new_reserved(&memory, NodeInit { value, next: last }).as_tagged();
                }
                list = Some(Global::from_ref(&memory, last.cast::<Node>()));
            }
            Err(error) => break error,
        }
        chunks += 1;
    };
    assert_eq!((error.requested, error.space), (1000 * Node::SIZE, SpaceId::New));
    assert!(matches!(error.reason, OutOfMemoryReason::HeapLimit { limit, .. } if limit == 8 * MB));
    assert!(chunks * 1000 * Node::SIZE > 2 * MB);
    scope.verify().unwrap();
}

#[test]
fn invalid_options_name_the_method_the_value_and_the_reason() {
    let invalid = |builder: heapwright::IsolateBuilder| match builder.build() {
        Err(IsolateError::InvalidOption { option, value, reason }) => (option, value, reason),
        other => panic!("{other:?}"),
    };
    let build = Isolate::builder;
    let k256 = 256 << 10;
    for size in [0, 1, 8 * MB - 1] {
        let (option, value, reason) = invalid(build().max_heap_size(size));
        assert_eq!((option, value), ("max_heap_size", size));
        assert!(reason.contains("at least 8 MiB"), "{reason}");
    }
    for (initial, maximum, bad) in
        [(0, MB, 0), (MB, 0, 0), (100, MB, 100), (MB, MB + 1, MB + 1), (2 * MB, MB, MB), (k256 - 1, MB, k256 - 1)]
    {
        let (option, value, _) = invalid(build().semi_space_size(initial, maximum));
        assert_eq!((option, value), ("semi_space_size", bad), "({initial}, {maximum})");
    }
    let error = build().max_heap_size(5).build().unwrap_err();
    assert_eq!(error.to_string(), "max_heap_size is 5: at least 8 MiB (8388608 bytes) are needed");
    // The least that is valid works.
    let mut isolate = build().classes(&CLASSES).max_heap_size(8 * MB).semi_space_size(k256, k256).build().unwrap();
    let mut scope = isolate.enter();
    fill_with_nodes(&mut scope, YOUNG, 8 * MB);
}

#[test]
fn semi_spaces_that_exceed_the_limit_are_an_error_of_the_builder() {
    for (initial, limit) in [(8 * MB, 8 * MB), (64 * MB, 32 * MB), (usize::MAX & !(MB - 1), 16 * MB)] {
        match Isolate::builder().max_heap_size(limit).semi_space_size(initial, initial).build() {
            Err(IsolateError::OutOfMemory(error)) => {
                assert_eq!(error.space, SpaceId::New);
                assert!(matches!(error.reason, OutOfMemoryReason::HeapLimit { limit: l, .. } if l == limit));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn stress_mode_with_the_smallest_semi_space_still_allocates() {
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        for interval in [1, 2, 7] {
            let builder = Isolate::builder().classes(&CLASSES).semi_space_size(256 << 10, 256 << 10).verify(true);
            let mut isolate = builder.stress(interval, kind).build().unwrap();
            let mut scope = isolate.enter();
            for value in 0..50 {
                let node = Node::try_new(&mut scope, NodeInit { value, next: smi(0) });
                assert_eq!(node.unwrap().get(&scope).value(), value);
                let memory = scope.reserve(2 * Node::SIZE).unwrap();
                let next = Node::new_reserved(&memory, NodeInit { value, next: smi(0) });
                Node::new_reserved(&memory, NodeInit { value, next });
            }
        }
    }
}
