//! Reservations: allocation that cannot collect.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::stress::{self, Mode};
use heapwright::{IsolateBuilder, ReservationExhausted, SpaceId, prelude::*};
use heapwright_tests::{Random, panic_message};

#[heap_object]
pub struct Pair {
    value: Smi,
    left: Tagged<Option<Pair>>,
    right: Tagged<Option<Pair>>,
    weak: Weak<Pair>,
}

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

heap_classes! { pub static CLASSES = [Pair, Bytes]; }

fn builder() -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES).verify(true)
}

fn isolate() -> Isolate {
    builder().build().unwrap()
}

const NONE: Option<&Pair> = None;

fn tree<'r>(memory: &'r Reservation<'_, '_>, depth: u32, value: i32) -> &'r Pair {
    if depth == 0 {
        return Pair::new_reserved(memory, PairInit { value, left: Nil, right: Nil, weak: Nil });
    }
    let left = tree(memory, depth - 1, 2 * value);
    let right = tree(memory, depth - 1, 2 * value + 1);
    Pair::new_reserved(memory, PairInit { value, left, right, weak: left })
}

fn check(tree: &Pair, depth: u32, value: i32) {
    assert_eq!(tree.value(), value);
    if depth == 0 {
        assert!(tree.left().is_none() && tree.right().is_none() && tree.weak().is_none());
    } else {
        check(tree.left().unwrap(), depth - 1, 2 * value);
        check(tree.right().unwrap(), depth - 1, 2 * value + 1);
        assert!(core::ptr::eq(tree.weak().unwrap(), tree.left().unwrap()));
    }
}

#[test]
fn plain_references_stay_valid_while_a_tree_is_built() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let before = scope.statistics().young.count;
    let top = {
        let memory = scope.reserve(127 * Pair::SIZE).unwrap();
        let top = tree(&memory, 6, 1);
        check(top, 6, 1);
        assert_eq!(memory.available(), 0);
        memory.handle(top)
    };
    assert_eq!(scope.statistics().young.count, before);
    for kind in [CollectionKind::Young, CollectionKind::Young, CollectionKind::Full] {
        scope.collect(kind);
        check(top.get(&scope), 6, 1);
    }
}

#[test]
fn it_holds_what_it_was_made_for_and_no_more() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let memory = scope.reserve(2 * Pair::SIZE + 1).unwrap();
    // Whole tagged words are set aside.
    let spare = memory.available() - 2 * Pair::SIZE;
    assert_eq!(spare, heapwright::tagged::TAGGED_SIZE);
    let init = || PairInit { value: 1, left: NONE, right: NONE, weak: NONE };
    Pair::new_reserved(&memory, init());
    Pair::try_new_reserved(&memory, init()).unwrap();
    let error = Pair::try_new_reserved(&memory, init()).unwrap_err();
    assert_eq!(error, ReservationExhausted { requested: Pair::SIZE, available: spare });
    let text = error.to_string();
    assert_eq!(text, format!("the reservation has {spare} bytes left, {} were asked for", Pair::SIZE));
    assert_eq!(panic_message(|| Pair::new_reserved(&memory, init())), text);
    assert_eq!(memory.available(), spare);
}

#[test]
fn nothing_can_be_reserved_too() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let memory = scope.reserve(0).unwrap();
    assert_eq!(memory.available(), 0);
    assert!(Bytes::try_new_reserved(&memory, BytesInit { data: &[0; 0] }).is_err());
    assert!(Bytes::try_new_reserved(&memory, BytesInit { data: Filled::new(0, usize::MAX) }).is_err());
}

#[test]
fn what_is_not_used_is_given_back() {
    // It counts collections and bytes.
    let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let used = |scope: &HandleScope<'_>| {
        scope.statistics().spaces.into_iter().find(|(id, _)| *id == SpaceId::New).unwrap().1.used
    };
    let before = used(&scope);
    for _ in 0..1000 {
        // 1000 times 100 KiB would fill a new space of 1 MiB.
        let memory = scope.reserve(100 << 10).unwrap();
        Pair::new_reserved(&memory, PairInit { value: 1, left: Nil, right: Nil, weak: Nil });
    }
    assert_eq!(used(&scope) - before, 1000 * Pair::SIZE);
    assert_eq!(scope.statistics().collections.len(), 0);
}

#[test]
fn the_largest_reservation_works_and_a_larger_one_does_not() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    for round in 0..20 {
        let memory = scope.reserve(Reservation::MAX).unwrap();
        assert_eq!(memory.available(), Reservation::MAX);
        let mut last = NONE;
        while memory.available() >= Pair::SIZE {
            let pair = Pair::new_reserved(&memory, PairInit { value: round, left: last, right: Nil, weak: last });
            last = Some(pair);
        }
        let mut count = 0;
        while let Some(pair) = last {
            assert_eq!(pair.value(), round);
            (last, count) = (pair.left(), count + 1);
        }
        assert_eq!(count, Reservation::MAX / Pair::SIZE);
    }
    // Marking that is through makes full ones of them.
    let statistics = scope.statistics();
    assert!(statistics.young.count + statistics.full.count > 0);
    // Whatever room there happens to be.
    for more in [1, 4096, 100_000, usize::MAX / 2, usize::MAX - Reservation::MAX] {
        assert!(scope.reserve(Reservation::MAX + more).is_err(), "{more}");
        scope.collect(CollectionKind::Full);
        assert!(scope.reserve(Reservation::MAX + more).is_err(), "{more}");
    }
}

#[test]
fn objects_above_32_kib_are_refused_for_they_would_not_be_young() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let memory = scope.reserve(100 << 10).unwrap();
    let header = Bytes::HEADER_SIZE;
    let fits = Bytes::new_reserved(&memory, BytesInit { data: Filled::new(1, (32 << 10) - header) });
    assert_eq!((fits.as_heap_object().size(), fits.as_heap_object().space()), (32 << 10, SpaceId::New));
    let error = Bytes::try_new_reserved(&memory, BytesInit { data: Filled::new(1, (32 << 10) - header + 1) });
    assert_eq!(error.unwrap_err().available, 32 << 10);
    assert_eq!(memory.available(), 68 << 10);
}

#[test]
fn reads_handles_and_globals_work_through_it() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let before = Pair::new(&mut scope, PairInit { value: 5, left: Nil, right: Nil, weak: Nil });
    let (handle, global) = {
        let memory = scope.reserve(4 * Pair::SIZE).unwrap();
        let raw = before.get(&memory);
        let new = Pair::new_reserved(&memory, PairInit { value: 6, left: raw, right: before, weak: raw });
        raw.set_right(new);
        raw.set_weak(new);
        assert_eq!(memory.verify(), Ok(()));
        assert!(stress::mode(Mode::Allocations) || memory.statistics().collections.is_empty());
        (memory.handle(new), Global::from_ref(&memory, new))
    };
    scope.collect(CollectionKind::Young);
    assert!(core::ptr::eq(handle.get(&scope), global.get(&scope)));
    assert!(core::ptr::eq(before.get(&scope).right().unwrap(), handle.get(&scope)));
    assert!(core::ptr::eq(handle.get(&scope).left().unwrap(), before.get(&scope)));
}

#[test]
fn under_stress_it_collects_before_and_never_within() {
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        let mut isolate = Isolate::builder().classes(&CLASSES).verify(true).stress(1, kind).build().unwrap();
        let mut scope = isolate.enter();
        let mut tops = Vec::new();
        for round in 0..10 {
            let totals = |scope: &HandleScope<'_>| scope.statistics().young.count + scope.statistics().full.count;
            let before = totals(&scope);
            let memory = scope.reserve(15 * Pair::SIZE).unwrap();
            assert_eq!(totals(&memory), before + 1);
            let top = tree(&memory, 3, round + 1);
            assert_eq!(totals(&memory), before + 1);
            tops.push((round + 1, memory.handle(top)));
            drop(memory);
            Pair::new(&mut scope, PairInit { value: 0, left: Nil, right: Nil, weak: Nil });
            assert_eq!(totals(&scope), before + 2);
            for (value, top) in &tops {
                check(top.get(&scope), 3, *value);
            }
        }
    }
}

#[test]
fn a_forgotten_reservation_does_no_harm() {
    for stress in [false, true] {
        let mut builder = Isolate::builder().classes(&CLASSES).verify(true);
        if stress {
            builder = builder.stress(1, CollectionKind::Young);
        }
        let mut isolate = builder.build().unwrap();
        let mut scope = isolate.enter();
        for value in 0..50 {
            let memory = scope.reserve(10 * Pair::SIZE).unwrap();
            let pair = Pair::new_reserved(&memory, PairInit { value, left: Nil, right: Nil, weak: Nil });
            let pair = memory.handle(pair);
            core::mem::forget(memory);
            let other = Pair::new(&mut scope, PairInit { value: -value, left: pair, right: Nil, weak: pair });
            scope.verify().unwrap();
            assert_eq!((pair.get(&scope).value(), other.get(&scope).value()), (value, -value));
        }
        scope.collect(CollectionKind::Full);
    }
}

#[test]
fn reservations_and_allocations_of_random_sizes_in_turn() {
    let mut isolate =
        Isolate::builder().classes(&CLASSES).semi_space_size(256 << 10, 512 << 10).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let mut random = Random::new(9);
    let mut kept: Vec<(u8, usize, Global<Bytes>)> = Vec::new();
    for round in 0..300 {
        let bytes = random.below(Reservation::MAX);
        let memory = scope.reserve(bytes).unwrap();
        loop {
            let length = random.below(20_000);
            let byte = round as u8;
            match Bytes::try_new_reserved(&memory, BytesInit { data: &vec![byte; length] }) {
                Ok(new) if random.one_in(4) => kept.push((byte, length, Global::from_ref(&memory, new))),
                Ok(_) => {}
                Err(error) => {
                    assert!(error.requested > error.available);
                    break;
                }
            }
        }
        drop(memory);
        while kept.len() > 12 {
            kept.swap_remove(random.below(kept.len()));
        }
        for (byte, length, bytes) in &kept {
            let bytes = bytes.get(&scope);
            assert_eq!(bytes.data_len(), *length);
            assert!(bytes.data_slice().iter().all(|b| b.get() == *byte));
        }
    }
}
