//! The numbers of V8's heap that a user can see, through the public interface.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::spaces::{MAX_REGULAR_OBJECT_SIZE, MAX_YOUNG_OBJECT_SIZE, SpaceStatistics};
use heapwright::stress::Mode;
use heapwright::tagged::TAGGED_SIZE;
use heapwright::{IsolateBuilder, SpaceId, prelude::*};
use heapwright_tests::CHUNK;

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
const YOUNG: AllocationType = AllocationType::Young;
const OLD: AllocationType = AllocationType::Old;

fn builder() -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES)
}

fn isolate() -> Isolate {
    builder().build().unwrap()
}

fn node<'s>(scope: &mut HandleScope<'s>) -> Handle<'s, Node> {
    Node::new(scope, NodeInit { value: 1, next: smi(0) })
}

/// An object of so many bytes.
fn sized<'s>(scope: &mut HandleScope<'s>, place: AllocationType, bytes: usize) -> Handle<'s, Bytes> {
    let data = vec![5; bytes - Bytes::HEADER_SIZE];
    let object = Bytes::try_new_in(scope, place, BytesInit { data: &data }).unwrap();
    assert_eq!(object.get(scope).as_heap_object().size(), bytes.next_multiple_of(TAGGED_SIZE));
    object
}

fn space_of<T: heapwright::IsA<HeapObject>>(scope: &HandleScope<'_>, object: Handle<'_, T>) -> SpaceId {
    object.upcast::<HeapObject>().get(scope).space()
}

fn address_of<T: heapwright::IsA<HeapObject>>(scope: &HandleScope<'_>, object: Handle<'_, T>) -> usize {
    object.upcast::<HeapObject>().get(scope).address()
}

fn space(scope: &HandleScope<'_>, wanted: SpaceId) -> SpaceStatistics {
    scope.statistics().spaces.into_iter().find(|(id, _)| *id == wanted).unwrap().1
}

#[test]
fn the_largest_regular_object_has_131072_bytes() {
    assert_eq!(MAX_REGULAR_OBJECT_SIZE, 131_072);
    assert_eq!(Reservation::MAX, 131_072);
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    for place in [YOUNG, OLD] {
        for bytes in [131_072 - 1, 131_072] {
            let object = sized(&mut scope, place, bytes);
            assert_eq!(space_of(&scope, object), SpaceId::Old, "{bytes}");
        }
        for bytes in [131_073, 131_080, 300_000] {
            let object = sized(&mut scope, place, bytes);
            let expected = if place == YOUNG { SpaceId::NewLargeObject } else { SpaceId::LargeObject };
            assert_eq!(space_of(&scope, object), expected, "{bytes}");
        }
    }
    scope.collect(CollectionKind::Full);
    scope.verify().unwrap();
}

#[test]
fn up_to_32_kib_objects_are_born_young() {
    assert_eq!(MAX_YOUNG_OBJECT_SIZE, 32 * KB);
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    for (bytes, expected) in [(16, SpaceId::New), (32 * KB, SpaceId::New), (32 * KB + 1, SpaceId::Old)] {
        let object = sized(&mut scope, YOUNG, bytes);
        assert_eq!(space_of(&scope, object), expected);
        let object = sized(&mut scope, OLD, bytes);
        assert_eq!(space_of(&scope, object), SpaceId::Old);
    }
}

#[test]
fn promotion_is_on_the_second_survival() {
    // Otherwise what was born young is old when it looks.
    let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let mut born: Vec<Handle<'_, Node>> = Vec::new();
    for collection in 0..6 {
        for _ in 0..10 {
            born.push(node(&mut scope));
        }
        scope.collect(CollectionKind::Young);
        // Those born before this collection have survived once, all others twice or more.
        for (i, node) in born.iter().enumerate() {
            let expected = if i / 10 == collection { SpaceId::New } else { SpaceId::Old };
            assert_eq!(space_of(&scope, *node), expected, "node {i} after collection {collection}");
        }
    }
}

/// The age mark lies inside a chunk: objects below it are promoted, those above it copied, whatever their sizes.
#[test]
fn the_age_mark_separates_ages_within_a_chunk_and_across_chunks() {
    // Otherwise what was born young is old when it looks.
    let builder =
        Isolate::builder().unstressed(Mode::Allocations).classes(&CLASSES).semi_space_size(MB, MB).verify(true);
    let mut isolate = builder.build().unwrap();
    for bytes in [24, 1000, 9_000, 30_000] {
        let count = (150 * KB / bytes).min(200);
        let mut scope = isolate.enter();
        scope.collect(CollectionKind::Full);
        let first: Vec<_> = (0..count).map(|_| sized(&mut scope, YOUNG, bytes)).collect();
        scope.collect(CollectionKind::Young);
        let second: Vec<_> = (0..2 * count).map(|_| sized(&mut scope, YOUNG, bytes)).collect();
        scope.collect(CollectionKind::Young);
        assert!(first.iter().all(|o| space_of(&scope, *o) == SpaceId::Old));
        assert!(second.iter().all(|o| space_of(&scope, *o) == SpaceId::New));
        scope.collect(CollectionKind::Young);
        assert!(second.iter().all(|o| space_of(&scope, *o) == SpaceId::Old));
        assert!(first.iter().chain(&second).all(|o| o.get(&scope).data_slice().iter().all(|b| b.get() == 5)));
    }
}

#[test]
fn semi_spaces_double_when_survivors_exceed_their_capacity() {
    // Otherwise so many never survive at once.
    let mut isolate = Isolate::builder()
        .unstressed(Mode::Allocations)
        .unstressed(Mode::Marking)
        .classes(&CLASSES)
        .semi_space_size(256 * KB, MB)
        .build()
        .unwrap();
    let mut scope = isolate.enter();
    let capacity = |scope: &mut HandleScope<'_>| {
        scope.collect(CollectionKind::Full);
        let new = space(scope, SpaceId::New);
        assert_eq!(new.used, 0);
        new.available
    };
    let one = capacity(&mut scope);
    assert!(one > 240 * KB && one <= 256 * KB, "{one}");
    // Without survivors it stays as it is.
    for _ in 0..2000 {
        let mut inner = scope.nested();
        sized(&mut inner, YOUNG, 1000);
    }
    assert_eq!(capacity(&mut scope), one);
    let mut capacities = vec![one];
    for _ in 0..40 {
        let mut inner = scope.nested();
        for _ in 0..200 {
            sized(&mut inner, YOUNG, 1000);
        }
        inner.collect(CollectionKind::Young);
        drop(inner);
        let now = capacity(&mut scope);
        if now != capacities[capacities.len() - 1] {
            capacities.push(now);
        }
    }
    assert_eq!(capacities, [one, 2 * one, 4 * one], "256 KiB, 512 KiB, and not above the maximum of 1 MiB");
}

#[test]
fn a_semi_space_begins_with_1_mib() {
    let mut isolate = isolate();
    let scope = isolate.enter();
    let new = space(&scope, SpaceId::New);
    assert!(new.available > 4 * 240 * KB && new.available <= MB, "{new:?}");
}

#[test]
fn chunks_are_256_kib_and_aligned_to_it() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    // Each large object begins at the same offset of a chunk of its own.
    let large: Vec<_> = (0..20).map(|i| sized(&mut scope, OLD, 140_000 + i * 30_000)).collect();
    let offset = address_of(&scope, large[0]) % CHUNK;
    assert!(offset > 0 && offset < 32 * KB, "a header lies before it");
    let mut bases: Vec<_> = large.iter().map(|o| address_of(&scope, *o) - offset).collect();
    assert!(bases.iter().all(|base| base % CHUNK == 0));
    for (i, object) in large.iter().enumerate() {
        let end = address_of(&scope, *object) + object.get(&scope).as_heap_object().size();
        assert!(bases.iter().enumerate().all(|(j, base)| i == j || *base < bases[i] || *base >= end));
    }
    bases.sort_unstable();
    bases.dedup();
    assert_eq!(bases.len(), 20);
    let statistics = space(&scope, SpaceId::LargeObject);
    assert_eq!(statistics.chunks, 20);
    let expected: usize = (0..20).map(|i| (140_000 + i * 30_000 + offset).next_multiple_of(CHUNK)).sum();
    assert_eq!(statistics.committed, expected);
    // Objects of different spaces share no chunk, and none begins where a header lies.
    let mut spaces = std::collections::HashMap::new();
    for _ in 0..200 {
        for (place, bytes) in [(YOUNG, 3000), (OLD, 3000)] {
            let object = sized(&mut scope, place, bytes);
            let (address, space) = (address_of(&scope, object), space_of(&scope, object));
            assert_eq!(*spaces.entry(address / CHUNK).or_insert(space), space);
            assert!(address % CHUNK >= offset && address % CHUNK + bytes <= CHUNK);
        }
    }
    assert!(spaces.len() >= 6);
}

#[test]
fn every_object_is_aligned_to_a_tagged_word() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    for length in 0..200 {
        let data = vec![1; length];
        for place in [YOUNG, OLD] {
            let object = Bytes::try_new_in(&mut scope, place, BytesInit { data: &data }).unwrap();
            assert_eq!(address_of(&scope, object) % TAGGED_SIZE, 0);
            assert_eq!(object.get(&scope).as_heap_object().size() % TAGGED_SIZE, 0);
        }
    }
    scope.verify().unwrap();
}

#[test]
fn the_cage_is_4_gib_and_aligned_so_that_all_upper_halves_are_equal() {
    let (mut first, mut second) = (isolate(), isolate());
    let uppers = |isolate: &mut Isolate| {
        let mut scope = isolate.enter();
        let mut uppers: Vec<_> = [(YOUNG, 100), (OLD, 100), (OLD, 100_000), (YOUNG, 1_000_000)]
            .into_iter()
            .map(|(place, bytes)| {
                let object = sized(&mut scope, place, bytes);
                address_of(&scope, object) >> 32
            })
            .collect();
        uppers.push(scope.class_map::<Node>().as_heap_object().address() >> 32);
        uppers.dedup();
        uppers
    };
    let (a, b) = (uppers(&mut first), uppers(&mut second));
    assert_eq!((a.len(), b.len()), (1, 1));
    assert_ne!(a, b);
}

#[test]
fn allocation_moves_one_pointer() {
    // A collection moves it too.
    let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let first = node(&mut scope);
    let start = address_of(&scope, first);
    for i in 1..1000 {
        let node = node(&mut scope);
        assert_eq!(address_of(&scope, node), start + i * Node::SIZE);
    }
    assert_eq!(scope.statistics().collections.len(), 0);
    assert_eq!(space(&scope, SpaceId::New).used, 1000 * Node::SIZE, "and is counted by that pointer alone");
}

#[test]
fn maps_live_in_map_space_and_never_move() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let object = node(&mut scope);
    let map = |scope: &HandleScope<'_>| {
        let map = object.get(scope).as_heap_object().map();
        assert!(core::ptr::eq(map, scope.class_map::<Node>()));
        assert_eq!(map.as_heap_object().space(), SpaceId::Map);
        map.as_heap_object().address()
    };
    let before = map(&scope);
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        scope.collect(kind);
        assert_eq!(map(&scope), before);
    }
    // The map of maps is its own.
    let meta = scope.class_map::<Node>().as_heap_object().map();
    assert!(core::ptr::eq(meta.as_heap_object().map(), meta));
}

#[test]
fn smis_have_31_bits_or_32() {
    let (bits, max) = if cfg!(feature = "pointer-compression") { (31, (1 << 30) - 1) } else { (32, i32::MAX) };
    assert_eq!(Smi::BITS, bits);
    assert_eq!((Smi::MAX.value(), Smi::MIN.value()), (max, -max - 1));
    assert_eq!(TAGGED_SIZE, if bits == 31 { 4 } else { 8 });
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let node = node(&mut scope);
    for value in [max, -max - 1, 0, -1, 1] {
        node.get(&scope).set_value(value);
        node.get(&scope).set_next(smi(value));
        scope.collect(CollectionKind::Young);
        assert_eq!((node.get(&scope).value(), node.get(&scope).next().as_smi()), (value, Some(value)));
    }
    for value in [i64::from(max) + 1, -i64::from(max) - 2, i64::MAX, i64::MIN] {
        assert_eq!(Smi::try_new(value).unwrap_err().value, value);
    }
    #[cfg(feature = "pointer-compression")]
    for value in [1 << 30, -(1 << 30) - 1, i32::MAX, i32::MIN] {
        let text = heapwright_tests::panic_message(|| node.get(&scope).set_value(value));
        assert_eq!(text, format!("{value} does not fit a Smi (-1073741824 to 1073741823)"));
        let text = heapwright_tests::panic_message(|| Node::new(&mut scope, NodeInit { value, next: smi(0) }));
        assert!(text.contains("does not fit a Smi"), "{text}");
    }
    scope.verify().unwrap();
}

#[test]
fn the_old_generation_is_first_marked_at_32_mib() {
    // In one pause: in steps it begins earlier.
    // Asks when it is collected.
    let mut isolate = Isolate::builder()
        .unstressed(Mode::Allocations)
        .unstressed(Mode::Marking)
        .classes(&CLASSES)
        .incremental_marking(false)
        .build()
        .unwrap();
    let mut scope = isolate.enter();
    let mut allocated = 0;
    while scope.statistics().full.count == 0 {
        let mut inner = scope.nested();
        sized(&mut inner, OLD, 10_000);
        allocated += 10_000;
        assert!(allocated < 64 * MB);
    }
    assert!(allocated > 29 * MB && allocated <= 33 * MB, "{allocated}");
}

#[test]
fn spaces_have_v8s_names() {
    let names: Vec<_> = SpaceId::ALL.iter().map(|id| id.to_string()).collect();
    let expected = [
        "read_only_space",
        "new_space",
        "old_space",
        "code_space",
        "map_space",
        "new_large_object_space",
        "large_object_space",
        "code_large_object_space",
    ];
    assert_eq!(names, expected);
    assert_eq!(heapwright::layout::MAX_INHERITANCE_DEPTH, 8);
}

#[test]
fn freed_memory_is_used_again_in_place() {
    // Otherwise it is before the test looks, and nothing stays in place.
    let mut isolate =
        builder().unstressed(Mode::Allocations).unstressed(Mode::Marking).unstressed(Mode::Compaction).build().unwrap();
    let mut scope = isolate.enter();
    // A live object between any two dead ones keeps the chunks.
    let mut kept = Vec::new();
    for _ in 0..2000 {
        kept.push(sized(&mut scope, OLD, 512));
        let mut inner = scope.nested();
        sized(&mut inner, OLD, 512);
    }
    scope.collect(CollectionKind::Full);
    let before = space(&scope, SpaceId::Old);
    for _ in 0..1900 {
        sized(&mut scope, OLD, 512);
    }
    let after = space(&scope, SpaceId::Old);
    assert_eq!(after.chunks, before.chunks, "the holes were filled: {before:?} {after:?}");
    assert_eq!(after.used, before.used + 1900 * 512);
    scope.verify().unwrap();
}
