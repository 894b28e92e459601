//! Statistics: the numbers add up, and each collection leaves a record.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::inspect::HeapStatistics;
use heapwright::spaces::SpaceStatistics;
use heapwright::stress::Mode;
use heapwright::{CollectionReason, IsolateBuilder, SpaceId, heap_roots, prelude::*};
use heapwright_tests::Random;

#[heap_object(open)]
pub struct Node {
    value: Smi,
    next: Tagged<Any>,
}

#[heap_object(extends = Node)]
pub struct Heavy {
    a: u64,
    b: u64,
}

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

#[heap_object]
pub struct Stone {
    #[constant]
    value: Smi,
}

heap_classes! { pub static CLASSES = [Node, Heavy, Bytes, Stone]; }

heap_roots! {
    pub static ROOTS, keys in root, getters in Roots, set up by set_up;
    stone: Stone,
}

fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let stone = Stone::try_new_in(scope, AllocationType::ReadOnly, StoneInit { value: 1 })?;
    scope.set_root(root::stone, stone);
    Ok(())
}

const KB: usize = 1 << 10;
const YOUNG: AllocationType = AllocationType::Young;
const OLD: AllocationType = AllocationType::Old;

fn space(statistics: &HeapStatistics, wanted: SpaceId) -> SpaceStatistics {
    statistics.spaces.iter().find(|(id, _)| *id == wanted).unwrap().1
}

fn objects(scope: &HandleScope<'_>, name: &str) -> (usize, usize) {
    scope.class_statistics().iter().find(|c| c.class.name() == name).map_or((0, 0), |c| (c.objects, c.bytes))
}

/// What must hold of any heap at any time.
fn adds_up(scope: &HandleScope<'_>) {
    let statistics = scope.statistics();
    let ids: Vec<_> = statistics.spaces.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, SpaceId::ALL);
    let committed: usize = statistics.spaces.iter().map(|(_, s)| s.committed).sum();
    assert_eq!(committed, statistics.committed);
    assert!(statistics.committed <= statistics.peak_committed && statistics.peak_committed <= statistics.max_heap_size);
    let by_class: usize = scope.class_statistics().iter().map(|c| c.bytes).sum();
    let by_space: usize = statistics.spaces.iter().map(|(_, s)| s.used).sum();
    assert_eq!(by_class, by_space, "bytes of classes and of spaces: {statistics:#?}");
    assert_eq!(statistics.used(), by_space - space(&statistics, SpaceId::ReadOnly).used);
    for (id, s) in &statistics.spaces {
        assert_eq!(s.committed % (256 * KB), 0);
        assert!(s.used + s.available + s.wasted <= s.committed, "{id}: {s:?}");
        assert!(s.chunks * 256 * KB <= s.committed, "{id}: {s:?}");
    }
    let bytes: Vec<_> = scope.class_statistics().iter().map(|c| c.bytes).collect();
    assert!(bytes.is_sorted_by(|a, b| a >= b), "most bytes first");
}

#[test]
fn classes_and_spaces_add_up_on_a_heap_with_holes() {
    add_up_on_a_heap_with_holes(Isolate::builder());
}

/// Threads fill ends of their areas: no object lies there.
#[test]
fn classes_and_spaces_add_up_where_several_threads_have_copied() {
    add_up_on_a_heap_with_holes(Isolate::builder().stress_threads().stress(1, CollectionKind::Young));
}

fn add_up_on_a_heap_with_holes(builder: IsolateBuilder) {
    let builder = builder.classes(&CLASSES).roots(&ROOTS).semi_space_size(256 * KB, 512 * KB);
    let mut isolate = builder.verify(true).build().unwrap();
    let mut scope = isolate.enter();
    adds_up(&scope);
    let mut random = Random::new(8);
    let mut kept: Vec<Global<HeapObject>> = Vec::new();
    for round in 0..60 {
        for _ in 0..100 {
            let mut inner = scope.nested();
            let place = if random.one_in(3) { OLD } else { YOUNG };
            let value = random.below(1000) as i32;
            let object: Handle<'_, HeapObject> = match random.below(4) {
                0 => Node::try_new_in(&mut inner, place, NodeInit { value, next: smi(0) }).unwrap().upcast(),
                1 => {
                    let init = HeavyInit { parent: NodeInit { value, next: smi(0) }, a: 1, b: 2 };
                    Heavy::try_new_in(&mut inner, place, init).unwrap().upcast()
                }
                _ => {
                    let length = if random.one_in(60) { random.below(300_000) } else { random.below(3000) };
                    let data = vec![0; length];
                    Bytes::try_new_in(&mut inner, place, BytesInit { data: &data }).unwrap().upcast()
                }
            };
            if random.one_in(2) {
                kept.push(Global::new(&inner, object));
            }
        }
        while kept.len() > 400 {
            kept.swap_remove(random.below(kept.len()));
        }
        match round % 5 {
            1 => scope.collect(CollectionKind::Full),
            3 => scope.collect(CollectionKind::Young),
            _ => {}
        }
        adds_up(&scope);
    }
    // After full collections, what is counted is what lives.
    scope.collect(CollectionKind::Full);
    let mut living: Vec<_> = kept.iter().map(|g| g.get(&scope)).map(|o| (o.address(), o.size())).collect();
    living.sort_unstable();
    living.dedup();
    let counted: usize = ["Node", "Heavy", "Bytes"].iter().map(|name| objects(&scope, name).0).sum();
    assert_eq!(counted, living.len());
    let statistics = scope.statistics();
    let used: usize =
        [SpaceId::New, SpaceId::Old, SpaceId::LargeObject].iter().map(|id| space(&statistics, *id).used).sum();
    assert_eq!(used, living.iter().map(|(_, size)| size).sum::<usize>());
}

#[test]
fn objects_are_counted_by_their_own_class() {
    let mut isolate = Isolate::builder().classes(&CLASSES).roots(&ROOTS).build().unwrap();
    let mut scope = isolate.enter();
    for i in 0..10 {
        Node::new(&mut scope, NodeInit { value: i, next: smi(0) });
    }
    for i in 0..5 {
        Heavy::new(&mut scope, HeavyInit { parent: NodeInit { value: i, next: smi(0) }, a: 0, b: 0 });
    }
    Bytes::new(&mut scope, BytesInit { data: &[0; 1001] });
    assert_eq!(objects(&scope, "Node"), (10, 10 * Node::SIZE));
    assert_eq!(objects(&scope, "Heavy"), (5, 5 * Heavy::SIZE));
    assert_eq!(objects(&scope, "Bytes"), (1, Bytes::size_for(1001)));
    assert_eq!(objects(&scope, "Stone"), (1, Stone::SIZE));
    // One map for each class that has instances: 4 here and 3 of the core (Map, Filler, FreeSpace).
    let maps = scope.classes().iter().filter(|c| !c.layout().is_abstract).count();
    assert_eq!(objects(&scope, "Map").0, maps);
    assert_eq!(maps, 7);
    assert!(scope.class_statistics().iter().all(|c| c.objects > 0 && c.class.name() != "FreeSpace"));
}

#[test]
fn records_have_the_exact_bytes() {
    // It counts collections.
    let mut isolate = Isolate::builder().unstressed(Mode::Allocations).classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    const COUNT: usize = 100;
    let living: Vec<_> =
        (0..COUNT).map(|i| Node::new(&mut scope, NodeInit { value: i as i32, next: smi(0) })).collect();
    {
        let mut inner = scope.nested();
        for i in 0..50 {
            Node::new(&mut inner, NodeInit { value: i, next: smi(0) });
        }
    }
    let bytes = COUNT * Node::SIZE;
    let dead = 50 * Node::SIZE;
    scope.collect(CollectionKind::Young);
    scope.collect(CollectionKind::Young);
    scope.collect(CollectionKind::Young);
    scope.collect(CollectionKind::Full);
    let statistics = scope.statistics();
    let moved: Vec<_> = statistics.collections.iter().map(|c| (c.kind, c.copied, c.promoted)).collect();
    let (young, full) = (CollectionKind::Young, CollectionKind::Full);
    assert_eq!(moved, [(young, bytes, 0), (young, 0, bytes), (young, 0, 0), (full, 0, 0)]);
    let used: Vec<_> = statistics.collections.iter().map(|c| (c.used_before, c.used_after)).collect();
    assert_eq!(used, [(bytes + dead, bytes), (bytes, bytes), (bytes, bytes), (bytes, bytes)]);
    assert!(statistics.collections.iter().all(|c| c.reason == CollectionReason::Requested));
    assert_eq!((statistics.young.count, statistics.full.count), (3, 1));
    assert_eq!((statistics.young.copied, statistics.young.promoted), (bytes as u64, bytes as u64));
    assert_eq!((statistics.full.copied, statistics.full.promoted), (0, 0));
    assert!(statistics.young.longest_pause <= statistics.young.pause);
    assert_eq!(statistics.young.pause, statistics.collections[..3].iter().map(|c| c.pause).sum());
    drop(living);
}

#[test]
fn records_count_the_remembered_slots_that_were_looked_at() {
    // It counts collections, and what they look at.
    let builder =
        Isolate::builder().unstressed(Mode::Allocations).unstressed(Mode::Promotion).unstressed(Mode::Marking);
    let mut isolate = builder.classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let young = Node::new(&mut scope, NodeInit { value: 0, next: smi(0) });
    let old: Vec<_> =
        (0..100).map(|value| Node::try_new_in(&mut scope, OLD, NodeInit { value, next: young }).unwrap()).collect();
    // Copied, and young still; then promoted, and no longer remembered.
    (0..3).for_each(|_| scope.collect(CollectionKind::Young));
    let records = scope.statistics().collections;
    assert_eq!(records.iter().map(|record| record.remembered).collect::<Vec<_>>(), [100, 100, 0]);
    assert!(records[0].to_string().contains("remembered 100 slots"), "{}", records[0]);
    assert!(!records[2].to_string().contains("remembered"), "{}", records[2]);
    drop(old);
}

#[test]
fn a_full_collection_promotes_all() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let node = Node::new(&mut scope, NodeInit { value: 1, next: smi(0) });
    scope.collect(CollectionKind::Full);
    assert_eq!(node.get(&scope).as_heap_object().space(), SpaceId::Old);
    let statistics = scope.statistics();
    let record = statistics.collections.last().unwrap();
    assert_eq!((record.copied, record.promoted, record.used_after), (0, Node::SIZE, Node::SIZE));
    assert_eq!(space(&statistics, SpaceId::New).used, 0);
}

#[test]
fn sixty_four_records_are_kept_and_totals_count_all() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    for i in 0..100 {
        scope.collect(if i % 10 == 9 { CollectionKind::Full } else { CollectionKind::Young });
    }
    let statistics = scope.statistics();
    assert_eq!(statistics.collections.len(), 64);
    assert_eq!((statistics.young.count, statistics.full.count), (90, 10));
    // Oldest first: those left began with the 37th.
    for (i, record) in statistics.collections.iter().enumerate() {
        let kind = if (i + 36) % 10 == 9 { CollectionKind::Full } else { CollectionKind::Young };
        assert_eq!(record.kind, kind, "record {i}");
    }
}

fn reasons(scope: &HandleScope<'_>) -> Vec<CollectionReason> {
    scope.statistics().collections.iter().map(|c| c.reason).collect()
}

#[test]
fn each_reason_is_given() {
    // It asks why they come.
    let isolate = || Isolate::builder().unstressed(Mode::Allocations).unstressed(Mode::Marking).classes(&CLASSES);
    let garbage = |scope: &mut HandleScope<'_>, bytes: usize, place: AllocationType, length: usize| {
        let data = vec![0; length];
        for _ in 0..bytes / length {
            let mut inner = scope.nested();
            Bytes::try_new_in(&mut inner, place, BytesInit { data: &data }).unwrap();
        }
    };

    let mut young = isolate().build().unwrap();
    let mut scope = young.enter();
    garbage(&mut scope, 10 << 20, YOUNG, 1000);
    let all = reasons(&scope);
    assert!((9..=11).contains(&all.len()), "{all:?}");
    assert!(all.iter().all(|r| *r == CollectionReason::SemispaceFull), "{all:?}");
    assert_eq!(scope.statistics().full.count, 0);
    drop(scope);

    for (place, length) in [(OLD, 1000), (OLD, 1_000_000)] {
        let mut old = isolate().incremental_marking(false).build().unwrap();
        let mut scope = old.enter();
        garbage(&mut scope, 28 << 20, place, length);
        assert!(reasons(&scope).is_empty(), "{length}");
        garbage(&mut scope, 6 << 20, place, length);
        assert_eq!(reasons(&scope), [CollectionReason::OldGenerationLimit], "{length}");
        assert_eq!(scope.statistics().full.count, 1);
        drop(scope);
    }

    let mut tight = isolate().max_heap_size(8 << 20).build().unwrap();
    let mut scope = tight.enter();
    garbage(&mut scope, 20 << 20, OLD, 1000);
    let all = reasons(&scope);
    assert!(!all.is_empty() && all.iter().all(|r| *r == CollectionReason::LastResort), "{all:?}");
    drop(scope);

    for kind in [CollectionKind::Young, CollectionKind::Full] {
        let mut stressed = isolate().stress(10, kind).build().unwrap();
        let mut scope = stressed.enter();
        let before = scope.statistics().collections.len();
        for i in 0..100 {
            Node::new(&mut scope, NodeInit { value: i, next: smi(0) });
        }
        let statistics = scope.statistics();
        assert_eq!(statistics.collections.len() - before, 10);
        assert!(statistics.collections.iter().all(|c| c.reason == CollectionReason::Stress && c.kind == kind));
    }
    let names: Vec<_> = [
        CollectionReason::Requested,
        CollectionReason::SemispaceFull,
        CollectionReason::OldGenerationLimit,
        CollectionReason::LastResort,
        CollectionReason::Stress,
    ]
    .map(CollectionReason::name)
    .to_vec();
    assert_eq!(names, ["requested", "semi-space full", "old generation limit", "last resort", "stress"]);
}

#[test]
fn stress_is_exact_and_counts_every_way_to_allocate() {
    let mut isolate = Isolate::builder().classes(&CLASSES).stress(1, CollectionKind::Young).build().unwrap();
    let mut scope = isolate.enter();
    let before = scope.statistics().young.count;
    let init = || NodeInit { value: 0, next: smi(0) };
    Node::new(&mut scope, init());
    Node::allocate(&mut scope, init());
    Node::try_new_in(&mut scope, OLD, init()).unwrap();
    Bytes::new(&mut scope, BytesInit { data: &vec![0; 200_000] });
    drop(scope.reserve(100).unwrap());
    assert_eq!(scope.statistics().young.count - before, 5);
}

#[test]
fn maps_are_neither_young_nor_garbage() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let before = objects(&scope, "Map");
    for _ in 0..3 {
        scope.collect(CollectionKind::Full);
    }
    assert_eq!(objects(&scope, "Map"), before);
    let statistics = scope.statistics();
    let maps = space(&statistics, SpaceId::Map);
    assert_eq!((maps.used, maps.chunks), (before.1, 1));
}
