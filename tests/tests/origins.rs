//! Who allocated how much in which space: numbers worked out by hand.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use AllocationOrigin::{Gc, GeneratedCode, Runtime};
use heapwright::code::InstructionStream;
use heapwright::spaces::{AllocationOrigin, AllocationStatistics, MAX_REGULAR_OBJECT_SIZE};
use heapwright::stress::Mode;
use heapwright::tagged::TAGGED_SIZE;
use heapwright::{IsolateBuilder, SpaceId, prelude::*};
use heapwright_tests::{Random, panic_message};

#[heap_object(copy)]
pub struct Pair {
    left: Tagged<Any>,
    right: Tagged<Any>,
}

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

#[heap_object(align = double)]
pub struct Aligned {}

heap_classes! { pub static CLASSES = [Pair, Bytes, Aligned]; }

const PAIR: u64 = Pair::SIZE as u64;

/// What collections copy is counted too: it is collected when it is asked for.
fn builder() -> IsolateBuilder {
    Isolate::builder().unstressed(Mode::Allocations).classes(&CLASSES).verify(true).code_range(1 << 20)
}

fn isolate() -> Isolate {
    builder().build().unwrap()
}

/// All that was allocated since `before`.
fn since(scope: &HandleScope<'_>, before: &AllocationStatistics) -> Vec<(SpaceId, AllocationOrigin, u64)> {
    scope.allocation_statistics().since(before).iter().collect()
}

#[test]
fn allocations_are_counted_where_and_by_whom_they_are_made() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let setup = scope.allocation_statistics();
    assert!(setup.bytes(SpaceId::Map, Runtime) > 0, "the maps of classes");
    assert_eq!((setup.of_origin(GeneratedCode), setup.of_origin(Gc)), (0, 0));
    assert_eq!(setup.in_space(SpaceId::New), 0);
    for _ in 0..10 {
        pair(&mut scope, AllocationType::Young);
    }
    scope.with_allocation_origin(GeneratedCode, |scope| {
        (0..3).for_each(|_| pair(scope, AllocationType::Young));
        pair(scope, AllocationType::Old);
        // What is called from there and is not generated.
        scope.with_allocation_origin(Runtime, |scope| pair(scope, AllocationType::Old));
        pair(scope, AllocationType::Old);
        let since: Vec<_> = since(scope, &setup);
        assert_eq!(
            since,
            [
                (SpaceId::New, GeneratedCode, 3 * PAIR),
                (SpaceId::New, Runtime, 10 * PAIR),
                (SpaceId::Old, GeneratedCode, 2 * PAIR),
                (SpaceId::Old, Runtime, PAIR)
            ]
        );
    });
    pair(&mut scope, AllocationType::Young);
    let now = scope.allocation_statistics().since(&setup);
    assert_eq!(now.bytes(SpaceId::New, Runtime), 11 * PAIR);
    assert_eq!((now.in_space(SpaceId::New), now.of_origin(GeneratedCode)), (14 * PAIR, 5 * PAIR));
    assert_eq!(setup.since(&scope.allocation_statistics()).iter().count(), 0);
}

fn pair(scope: &mut HandleScope<'_>, place: AllocationType) {
    Pair::try_new_in(scope, place, PairInit { left: smi(1), right: smi(2) }).unwrap();
}

#[test]
fn survivors_are_counted_again_as_the_collectors() {
    // What moves would be counted once more.
    let mut isolate = builder().unstressed(Mode::Compaction).build().unwrap();
    let mut scope = isolate.enter();
    let before = scope.allocation_statistics();
    let mut inner = scope.nested();
    for _ in 0..5 {
        pair(&mut inner, AllocationType::Young);
        Pair::allocate(&mut inner, PairInit { left: smi(1), right: smi(2) }); // dies
    }
    let new = |scope: &HandleScope<'_>| since(scope, &before);
    assert_eq!(new(&inner), [(SpaceId::New, Runtime, 10 * PAIR)]);
    inner.with_allocation_origin(GeneratedCode, |scope| {
        scope.collect(CollectionKind::Young);
        pair(scope, AllocationType::Young);
    });
    let copied =
        [(SpaceId::New, GeneratedCode, PAIR), (SpaceId::New, Runtime, 10 * PAIR), (SpaceId::New, Gc, 5 * PAIR)];
    assert_eq!(new(&inner), copied, "a collection is nobody else's, whoever caused it");
    // Those that survive twice are promoted, the one that was made meanwhile is copied.
    inner.collect(CollectionKind::Young);
    let [generated, runtime, (space, gc, copied)] = copied;
    let promoted = [generated, runtime, (space, gc, copied + PAIR), (SpaceId::Old, Gc, 5 * PAIR)];
    assert_eq!(new(&inner), promoted);
    // A full collection promotes all that is young, and moves nothing that is not.
    for _ in 0..2 {
        inner.collect(CollectionKind::Full);
        let all = [generated, runtime, (space, gc, copied + PAIR), (SpaceId::Old, Gc, 6 * PAIR)];
        assert_eq!(new(&inner), all);
    }
    drop(inner);
    scope.collect(CollectionKind::Full);
    let last = since(&scope, &before);
    assert_eq!(last.last(), Some(&(SpaceId::Old, Gc, 6 * PAIR)));
}

/// Bytes that collections say they moved are those counted as theirs, whatever is done.
#[test]
fn the_collectors_bytes_are_those_of_their_records() {
    for stress in [None, Some(CollectionKind::Young), Some(CollectionKind::Full)] {
        let mut builder = Isolate::builder().classes(&CLASSES).semi_space_size(1 << 18, 1 << 20);
        if let Some(kind) = stress {
            builder = builder.stress(7, kind);
        }
        let mut isolate = builder.build().unwrap();
        let mut scope = isolate.enter();
        let before = scope.allocation_statistics();
        let moved_before: u64 = moved(&scope);
        let mut random = Random::new(5);
        let mut kept: Vec<Global<Pair>> = Vec::new();
        let mut made = [0_u64; 2];
        for i in 0..if stress.is_some() { 2_000 } else { 200_000 } {
            let origin = [GeneratedCode, Runtime][random.below(2)];
            let place = if random.below(10) == 0 { AllocationType::Old } else { AllocationType::Young };
            made[origin as usize] += PAIR;
            scope.with_allocation_origin(origin, |scope| {
                let mut scope = scope.nested();
                let pair = Pair::try_new_in(&mut scope, place, PairInit { left: smi(i), right: smi(0) }).unwrap();
                if random.below(3) == 0 {
                    kept.push(Global::new(&scope, pair));
                }
            });
            if kept.len() > 500 {
                kept.swap_remove(random.below(500));
            }
        }
        assert!(scope.statistics().young.count + scope.statistics().full.count > 5);
        let now = scope.allocation_statistics().since(&before);
        assert_eq!([now.of_origin(GeneratedCode), now.of_origin(Runtime)], made);
        assert_eq!(now.of_origin(Gc), moved(&scope) - moved_before);
    }
}

/// What all collections so far copied, promoted and evacuated.
fn moved(scope: &HandleScope<'_>) -> u64 {
    let statistics = scope.statistics();
    [statistics.young, statistics.full].iter().map(|totals| totals.copied + totals.promoted + totals.evacuated).sum()
}

#[test]
fn reservations_count_what_is_cut_from_them() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let before = scope.allocation_statistics();
    {
        let memory = scope.reserve(10 * Pair::SIZE).unwrap();
        for _ in 0..4 {
            Pair::new_reserved(&memory, PairInit { left: smi(1), right: smi(2) });
        }
        assert_eq!(since(&memory, &before), [(SpaceId::New, Runtime, 4 * PAIR)], "the rest is nobody's");
    }
    // The largest, which takes another chunk: what was left of this one is not counted.
    drop(scope.reserve(Reservation::MAX).unwrap());
    drop(scope.reserve(Reservation::MAX).unwrap());
    assert_eq!(since(&scope, &before), [(SpaceId::New, Runtime, 4 * PAIR)]);
    scope.with_allocation_origin(GeneratedCode, |scope| {
        let memory = scope.reserve(Pair::SIZE).unwrap();
        Pair::new_reserved(&memory, PairInit { left: smi(1), right: smi(2) });
    });
    let both = [(SpaceId::New, GeneratedCode, PAIR), (SpaceId::New, Runtime, 4 * PAIR)];
    assert_eq!(since(&scope, &before), both);
}

#[test]
fn copies_large_objects_and_code_are_counted() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let before = scope.allocation_statistics();
    let length = MAX_REGULAR_OBJECT_SIZE;
    let large = Bytes::new(&mut scope, BytesInit { data: Filled::new(1, length) });
    scope.with_allocation_origin(GeneratedCode, |scope| {
        Bytes::new(scope, BytesInit { data: Filled::new(1, length + 9) });
    });
    let size = |length| Bytes::size_for(length) as u64;
    let [of_code, of_rust] = [(GeneratedCode, length + 9), (Runtime, length)]
        .map(|(origin, length)| (SpaceId::NewLargeObject, origin, size(length)));
    assert_eq!(since(&scope, &before), [of_code, of_rust]);
    // They are promoted where they are, once.
    let promoted = (SpaceId::LargeObject, Gc, size(length) + size(length + 9));
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        scope.collect(kind);
        assert_eq!(since(&scope, &before), [of_code, of_rust, promoted]);
    }
    drop(Global::new(&scope, large));

    let before = scope.allocation_statistics();
    let header = InstructionStream::HEADER_SIZE as u64;
    InstructionStream::try_new(&mut scope, &[0xc3; 17]).unwrap();
    InstructionStream::try_new(&mut scope, &[0xc3; 16]).unwrap();
    assert_eq!(since(&scope, &before), [(SpaceId::Code, Runtime, 2 * header + 32 + 16)]);
    InstructionStream::try_new(&mut scope, &vec![0xc3; 1 << 18]).unwrap();
    let of_code =
        [(SpaceId::Code, Runtime, 2 * header + 32 + 16), (SpaceId::CodeLargeObject, Runtime, header + (1 << 18))];
    assert_eq!(since(&scope, &before), of_code);
    assert!(InstructionStream::try_new(&mut scope, &vec![0xc3; 1 << 21]).is_err(), "larger than the range");
    assert_eq!(since(&scope, &before), of_code);

    let before = scope.allocation_statistics();
    let source = Pair::new(&mut scope, PairInit { left: smi(1), right: smi(2) });
    scope.with_allocation_origin(GeneratedCode, |scope| {
        Pair::copy(scope, source);
    });
    assert_eq!(since(&scope, &before), [(SpaceId::New, GeneratedCode, PAIR), (SpaceId::New, Runtime, PAIR)]);
}

#[test]
fn fillers_are_counted_with_their_objects() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let before = scope.allocation_statistics();
    for _ in 0..3 {
        Aligned::new(&mut scope, AlignedInit {});
    }
    let fillers = 2 * Aligned::ALIGNMENT_FILL;
    assert_eq!(since(&scope, &before), [(SpaceId::New, Runtime, 3 * TAGGED_SIZE as u64 + fillers)]);
    scope.collect(CollectionKind::Young);
    let copied = scope.allocation_statistics().since(&before).bytes(SpaceId::New, Gc);
    assert_eq!(copied, 3 * TAGGED_SIZE as u64 + fillers, "the same fillers, in a chunk that was empty");
}

impl Aligned {
    /// The bytes between two of them.
    const ALIGNMENT_FILL: u64 = 8 - TAGGED_SIZE as u64;
}

#[test]
fn only_collections_allocate_as_such() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let message = panic_message(|| scope.with_allocation_origin(Gc, |scope| pair(scope, AllocationType::Young)));
    assert!(message.contains("only collections allocate as `Gc`"), "{message}");
    // A panic within ends what was begun.
    let before = scope.allocation_statistics();
    let message = panic_message(|| {
        scope.with_allocation_origin(GeneratedCode, |scope| {
            pair(scope, AllocationType::Young);
            panic!("enough");
        });
    });
    assert_eq!(message, "enough");
    pair(&mut scope, AllocationType::Young);
    assert_eq!(since(&scope, &before), [(SpaceId::New, GeneratedCode, PAIR), (SpaceId::New, Runtime, PAIR)]);
    assert_eq!(AllocationOrigin::ALL.map(|origin| origin.to_string()), ["generated_code", "runtime", "gc"]);
}
