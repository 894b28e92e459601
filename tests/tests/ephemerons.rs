//! Ephemerons: values that live as long as their keys. Every place of table, key and value; chains and cycles; several
//! values; entries that change while marking goes on; linear time; random graphs against a model.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::gc::EphemeronTotals;
use heapwright::layout::VisitorId;
use heapwright::stress::Mode;
use heapwright::{HeapClass, IsolateBuilder, SpaceId, prelude::*};
use heapwright_tests::Random;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// What is a key or a value, or both.
#[heap_object(open)]
pub struct Item {
    value: Smi,
    /// A strong way on.
    next: Tagged<Option<Item>>,
}

/// One with more to it.
#[heap_object(extends = Item)]
pub struct HeavyItem {
    #[constant]
    length: Smi,
    #[length = length]
    bytes: [u8],
}

/// What an entry holds.
#[heap_struct(ephemeron)]
pub struct Entry {
    key: Weak<Item>,
    value: Tagged<Option<Item>>,
}

/// Two values, either of another type, and a number that stays.
#[heap_struct(ephemeron)]
pub struct WideEntry {
    key: Weak<HeapObject>,
    hash: Smi,
    first: Tagged<Option<Item>>,
    second: Tagged<Any>,
}

/// Entries one behind the other: with compressed pointers 8 bytes each, which is as large as elements of simple tails are.
#[heap_object]
pub struct Table {
    #[constant]
    length: Smi,
    #[length = length]
    entries: [Inline<Entry>],
}

/// More than a table: fields of all sorts before entries, and elements after them.
#[heap_object(open, copy)]
pub struct Mixed {
    strong: Tagged<Option<Item>>,
    weak: Weak<Item>,
    one: Inline<Entry>,
    raw: u32,
    more_raw: u32,
    #[constant]
    length: Smi,
    #[length = length]
    wide: [Inline<WideEntry>],
    #[length = length]
    strongs: [Tagged<Option<Item>>],
}

/// Inherits an ephemeron and adds one, which some objects have.
#[heap_object(open)]
pub struct Base {
    inherited: Inline<Entry>,
}

#[heap_object(extends = Base)]
pub struct Derived {
    own: Inline<Entry>,
    #[constant]
    extent: Smi,
    last: Tagged<Option<Item>>,
    #[present_if = extent != 0]
    more: Inline<Entry>,
}

/// Nothing but what keeps items alive.
#[heap_object]
pub struct Keeper {
    #[constant]
    length: Smi,
    #[length = length]
    items: [Tagged<Option<Item>>],
}

heap_classes! { static CLASSES = [Item, HeavyItem, Table, Mixed, Base, Derived, Keeper]; }

const YOUNG: AllocationType = AllocationType::Young;
const OLD: AllocationType = AllocationType::Old;
const LARGE: usize = 140_000;

fn builder() -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES).verify(true)
}

fn isolate() -> Isolate {
    builder().build().unwrap()
}

fn init(value: i32) -> ItemInit<Nil> {
    ItemInit { value, next: Nil }
}

/// Where an object is made.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Young,
    /// Young, and has survived once.
    Copied,
    Old,
    Large,
    OldLarge,
}

const PLACES: [Place; 5] = [Place::Young, Place::Copied, Place::Old, Place::Large, Place::OldLarge];

fn item<'s>(scope: &mut HandleScope<'s>, value: i32, place: Place) -> Handle<'s, Item> {
    let heavy = |bytes| HeavyItemInit { parent: init(value), bytes: Filled::new(9, bytes) };
    match place {
        Place::Young => Item::new(scope, init(value)),
        Place::Copied => {
            let item = Item::new(scope, init(value));
            scope.collect(CollectionKind::Young);
            item
        }
        Place::Old => Item::try_new_in(scope, OLD, init(value)).unwrap(),
        Place::Large => HeavyItem::new(scope, heavy(LARGE)).upcast(),
        Place::OldLarge => HeavyItem::try_new_in(scope, OLD, heavy(LARGE)).unwrap().upcast(),
    }
}

fn table<'s>(scope: &mut HandleScope<'s>, length: usize, place: Place) -> Handle<'s, Table> {
    let length = if matches!(place, Place::Large | Place::OldLarge) { length.max(LARGE / 8) } else { length };
    let init = TableInit { entries: Filled::new(EntryInit { key: Nil, value: Nil }, length) };
    match place {
        Place::Young | Place::Large => Table::new(scope, init),
        Place::Copied => {
            let table = Table::new(scope, init);
            scope.collect(CollectionKind::Young);
            table
        }
        Place::Old | Place::OldLarge => Table::try_new_in(scope, OLD, init).unwrap(),
    }
}

fn is_young(space: SpaceId) -> bool {
    matches!(space, SpaceId::New | SpaceId::NewLargeObject)
}

/// The numbers of key and value.
fn entry(scope: &HandleScope<'_>, table: Handle<'_, Table>, index: usize) -> (Option<i32>, Option<i32>) {
    let table = table.get(scope);
    (table.entries(index).key().map(Item::value), table.entries(index).value().map(Item::value))
}

fn totals(scope: &HandleScope<'_>) -> EphemeronTotals {
    scope.statistics().ephemerons
}

#[test]
fn classes_with_ephemerons_have_a_shape_of_their_own() {
    for class in [Table::CLASS, Mixed::CLASS, Base::CLASS, Derived::CLASS] {
        assert_eq!(class.body().visitor_id(), VisitorId::Ephemerons, "{class:?}");
        assert!(class.layout().has_ephemerons());
    }
    assert_eq!(Keeper::CLASS.body().visitor_id(), VisitorId::ToEnd);
    assert!(!Keeper::CLASS.layout().has_ephemerons());
}

/// One entry whose key lives and one whose key dies: everywhere.
#[test]
fn every_place_of_table_key_and_value() {
    for table_in in PLACES {
        for key_in in PLACES {
            for value_in in PLACES {
                for kind in [CollectionKind::Young, CollectionKind::Full] {
                    let case = format!("{table_in:?} {key_in:?} {value_in:?} {kind:?}");
                    let mut isolate = isolate();
                    let mut scope = isolate.enter();
                    let table = table(&mut scope, 3, table_in);
                    let living = item(&mut scope, 1, key_in);
                    let is_key_young = {
                        let mut inner = scope.nested();
                        let dying = item(&mut inner, 2, key_in);
                        let one = item(&mut inner, 10, value_in);
                        let two = item(&mut inner, 20, value_in);
                        let entries = table.get(&inner);
                        entries.entries(0).set_key(living);
                        entries.entries(0).set_value(one);
                        entries.entries(2).set_key(dying);
                        entries.entries(2).set_value(two);
                        is_young(dying.get(&inner).space())
                    };
                    scope.collect(kind);
                    assert_eq!(entry(&scope, table, 0), (Some(1), Some(10)), "{case}");
                    assert_eq!(entry(&scope, table, 1), (None, None), "{case}");
                    // What is old lives until a full collection.
                    let dies = kind == CollectionKind::Full || is_key_young;
                    let expected = if dies { (None, None) } else { (Some(2), Some(20)) };
                    assert_eq!(entry(&scope, table, 2), expected, "{case}");
                    scope.collect(CollectionKind::Young);
                    assert_eq!(entry(&scope, table, 0), (Some(1), Some(10)), "{case}");
                    scope.collect(CollectionKind::Full);
                    assert_eq!(entry(&scope, table, 0), (Some(1), Some(10)), "{case}");
                    assert_eq!(entry(&scope, table, 2), (None, None), "{case}");
                    assert_eq!(items(&scope), 2, "{case}: the dying key and its value are gone");
                }
            }
        }
    }
}

/// How many items there are, dead ones that were not found yet included.
fn items(scope: &HandleScope<'_>) -> usize {
    let of = scope.class_statistics();
    of.iter().filter(|of| of.class.is_subclass_of(Item::CLASS)).map(|of| of.objects).sum()
}

/// The value keeps its key alive if anything does, which the entry is not.
#[test]
fn a_value_that_refers_to_its_key_dies_with_it() {
    for table_in in PLACES {
        for place in PLACES {
            let mut isolate = isolate();
            let mut scope = isolate.enter();
            let table = table(&mut scope, 1, table_in);
            let keep = scope.persist_value(table, place);
            let (weak_key, value) = keep;
            scope.collect(CollectionKind::Full);
            assert_eq!(entry(&scope, table, 0), (None, None), "{table_in:?} {place:?}");
            assert!(weak_key.get(&scope).is_none() && value.get(&scope).is_none(), "{table_in:?} {place:?}");
        }
    }
}

trait PersistValue {
    fn persist_value(&mut self, table: Handle<'_, Table>, place: Place) -> (WeakGlobal<Item>, WeakGlobal<Item>);
}

impl PersistValue for HandleScope<'_> {
    /// Puts in a value that refers to its key.
    fn persist_value(&mut self, table: Handle<'_, Table>, place: Place) -> (WeakGlobal<Item>, WeakGlobal<Item>) {
        let mut inner = self.nested();
        let key = item(&mut inner, 1, place);
        let value = item(&mut inner, 2, place);
        value.get(&inner).set_next(key);
        let entry = table.get(&inner).entries(0);
        entry.set_key(key);
        entry.set_value(value);
        (WeakGlobal::new(&inner, key), WeakGlobal::new(&inner, value))
    }
}

/// Young entries of young tables need no more than a scavenge.
#[test]
fn a_scavenge_drops_a_young_cycle_through_an_old_table() {
    for table_in in PLACES {
        // Otherwise what was born young is old when it looks.
        let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
        let mut scope = isolate.enter();
        let table = table(&mut scope, 1, table_in);
        let (key, value) = scope.persist_value(table, Place::Young);
        scope.collect(CollectionKind::Young);
        assert_eq!(entry(&scope, table, 0), (None, None), "{table_in:?}");
        assert!(key.get(&scope).is_none() && value.get(&scope).is_none(), "{table_in:?}");
    }
}

/// The value of each entry is the key of the one before it.
fn chain<'s>(scope: &mut HandleScope<'s>, count: usize, in_: AllocationType) -> (Handle<'s, Table>, Handle<'s, Item>) {
    let init_ = TableInit { entries: Filled::new(EntryInit { key: Nil, value: Nil }, count) };
    let table = Table::try_new_in(scope, in_, init_).unwrap();
    let first = Item::try_new_in(scope, in_, init(0)).unwrap();
    let all = Keeper::try_new_in(scope, in_, KeeperInit { items: Filled::new(Nil, count + 1) }).unwrap();
    all.get(scope).set_items(0, first);
    for i in 0..count {
        let mut inner = scope.nested();
        let value = Item::try_new_in(&mut inner, in_, init(i as i32 + 1)).unwrap();
        let all = all.get(&inner);
        all.set_items(i + 1, value);
        // Last first: each round over the table finds one.
        let entry = table.get(&inner).entries(count - 1 - i);
        entry.set_key(all.items(i));
        entry.set_value(value);
    }
    (0..=count).for_each(|i| all.get(scope).set_items(i, Nil));
    (table, first)
}

fn check_chain(scope: &HandleScope<'_>, table: Handle<'_, Table>) {
    let table = table.get(scope);
    let count = table.entries_len();
    for i in 0..count {
        let entry = table.entries(count - 1 - i);
        assert_eq!(entry.key().map(Item::value), Some(i as i32));
        assert_eq!(entry.value().map(Item::value), Some(i as i32 + 1));
    }
}

#[test]
fn chains_take_rounds_and_then_the_linear_way() {
    for (kind, in_) in [(CollectionKind::Young, YOUNG), (CollectionKind::Full, OLD)] {
        for (count, linear) in [(5, 0), (12, 1)] {
            // It counts rounds of one collection.
            let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
            let mut scope = isolate.enter();
            let (table, first) = chain(&mut scope, count, in_);
            let before = totals(&scope);
            scope.collect(kind);
            let after = totals(&scope);
            assert_eq!(after.linear - before.linear, linear, "{kind:?} {count}");
            // The first key was known to live when its entry was met.
            assert_eq!(after.rounds - before.rounds, (count - 1).min(10) as u64, "{kind:?} {count}");
            assert_eq!((after.noted - before.noted, after.cleared), (count as u64 - 1, 0));
            check_chain(&scope, table);
            assert_eq!(first.get(&scope).value(), 0);
        }
    }
}

#[test]
fn a_chain_without_its_first_key_goes_at_once() {
    for (kind, in_) in [(CollectionKind::Young, YOUNG), (CollectionKind::Full, OLD)] {
        for count in [1, 5, 12, 40] {
            // Otherwise what was born young is old when it looks.
            let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
            let mut scope = isolate.enter();
            let table = {
                let (mut inner, escape) = scope.escapable();
                let (table, _) = chain(&mut inner, count, in_);
                escape.escape(&inner, table)
            };
            scope.collect(kind);
            for i in 0..count {
                assert_eq!(entry(&scope, table, i), (None, None), "{kind:?} {count}");
            }
            assert_eq!(totals(&scope).cleared, count as u64);
        }
    }
}

/// Half of two interleaved chains dies.
#[test]
fn of_two_chains_the_linear_way_keeps_the_right_one() {
    for (kind, in_) in [(CollectionKind::Young, YOUNG), (CollectionKind::Full, OLD)] {
        // It counts what one collection does.
        let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
        let mut scope = isolate.enter();
        let (living, _first) = chain(&mut scope, 50, in_);
        let dead = {
            let (mut inner, escape) = scope.escapable();
            let (table, _) = chain(&mut inner, 50, in_);
            escape.escape(&inner, table)
        };
        scope.collect(kind);
        check_chain(&scope, living);
        (0..50).for_each(|i| assert_eq!(entry(&scope, dead, i), (None, None)));
        assert_eq!((totals(&scope).linear, totals(&scope).cleared), (1, 50));
    }
}

/// 100,000 entries, of which each round would find one.
#[test]
fn long_chains_take_linear_time() {
    for (kind, in_) in [(CollectionKind::Young, YOUNG), (CollectionKind::Full, OLD)] {
        // It measures one collection.
        let mut isolate = Isolate::builder()
            .unstressed(Mode::Allocations)
            .classes(&CLASSES)
            .semi_space_size(16 << 20, 16 << 20)
            .build()
            .unwrap();
        let mut scope = isolate.enter();
        let (table, first) = chain(&mut scope, 100_000, in_);
        let before = totals(&scope);
        let start = Instant::now();
        scope.collect(kind);
        let (time, after) = (start.elapsed(), totals(&scope));
        check_chain(&scope, table);
        assert_eq!(first.get(&scope).value(), 0);
        assert_eq!((after.rounds - before.rounds, after.linear - before.linear), (10, 1), "{kind:?}");
        // Some 0.1 s. Rounds would look at 5,000,000,000 entries: minutes, on any machine.
        assert!(time < Duration::from_secs(20), "{kind:?}: {time:?}");
    }
}

/// Several values go and stay together; numbers stay in any case.
#[test]
fn wide_entries_among_all_other_sorts_of_fields() {
    for in_ in [YOUNG, OLD] {
        for kind in [CollectionKind::Young, CollectionKind::Full] {
            let mut isolate = isolate();
            let mut scope = isolate.enter();
            let wide = WideEntryInit { key: Nil, hash: 0, first: Nil, second: smi(0) };
            let one = EntryInit { key: Nil, value: Nil };
            let init_ = MixedInit {
                strong: Nil,
                weak: Nil,
                one,
                raw: 0xffff_ffff,
                more_raw: 0xffff_fff1,
                length: 3,
                wide: Filled::new(wide, 3),
                strongs: Filled::new(Nil, 3),
            };
            let mixed = Mixed::try_new_in(&mut scope, in_, init_).unwrap();
            let key = Item::new(&mut scope, init(1));
            {
                let mut inner = scope.nested();
                let [strong, weak, value, a, b, c, d, dying] =
                    [2, 3, 4, 5, 6, 7, 8, 9].map(|i| Item::new(&mut inner, init(i)));
                let object = mixed.get(&inner);
                object.set_strong(strong);
                object.set_weak(weak);
                object.one().set_key(key);
                object.one().set_value(value);
                for (i, key, first, second) in [(0, key, a, b), (2, dying, c, d)] {
                    let entry = object.wide(i);
                    entry.set_key(key);
                    entry.set_hash(i as i32 + 70);
                    entry.set_first(first);
                    entry.set_second(second);
                }
                object.wide(1).set_key(dying);
                object.wide(1).set_second(smi(5));
                object.set_strongs(1, strong);
            }
            scope.collect(kind);
            let copy = Mixed::copy(&mut scope, mixed);
            for object in [mixed, copy] {
                let object = object.get(&scope);
                assert_eq!(object.strong().map(Item::value), Some(2));
                assert_eq!(object.strongs(1).map(Item::value), Some(2));
                assert!(object.weak().is_none());
                assert_eq!(object.one().value().map(Item::value), Some(4));
                assert_eq!((object.raw(), object.more_raw()), (0xffff_ffff, 0xffff_fff1));
                let numbers: Vec<_> = (0..3)
                    .map(|i| {
                        let entry = object.wide(i);
                        let second = entry.second();
                        let second = second.try_cast::<Item>().map_or_else(|| second.as_smi().unwrap(), Item::value);
                        (entry.key().is_some(), entry.hash(), entry.first().map(Item::value), second)
                    })
                    .collect();
                // A Smi that is a value goes with its key, a `Smi` field does not.
                assert_eq!(numbers, [(true, 70, Some(5), 6), (false, 0, None, 0), (false, 72, None, 0)]);
            }
        }
    }
}

#[test]
fn inherited_and_optional_ephemerons() {
    for in_ in [YOUNG, OLD] {
        for extent in [0, 1] {
            // Otherwise what was born young is old when it looks.
            let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
            let mut scope = isolate.enter();
            let key = Item::new(&mut scope, init(1));
            let object = {
                let (mut inner, escape) = scope.escapable();
                let [a, b, c, last, dying] = [2, 3, 4, 5, 6].map(|i| Item::new(&mut inner, init(i)));
                let init_ = DerivedInit {
                    parent: BaseInit { inherited: EntryInit { key, value: a } },
                    own: EntryInit { key: dying, value: b },
                    extent,
                    last,
                    more: (extent != 0).then_some(EntryInit { key, value: c }),
                };
                let object = Derived::try_new_in(&mut inner, in_, init_).unwrap();
                escape.escape(&inner, object)
            };
            for kind in [CollectionKind::Young, CollectionKind::Full, CollectionKind::Full] {
                scope.collect(kind);
                let object = object.get(&scope);
                assert_eq!(object.inherited().value().map(Item::value), Some(2));
                assert!(object.own().key().is_none() && object.own().value().is_none());
                let more = object.more().map(|more| more.value().map(Item::value));
                assert_eq!(more, (extent != 0).then_some(Some(4)));
                assert_eq!(object.last().map(Item::value), Some(5));
            }
        }
    }
}

/// Keys that never die: maps, and the roots of the language of the heap itself.
#[test]
fn maps_as_keys() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let wide = WideEntryInit { key: Nil, hash: 0, first: Nil, second: smi(0) };
    let init_ = MixedInit {
        strong: Nil,
        weak: Nil,
        one: EntryInit { key: Nil, value: Nil },
        raw: 0,
        more_raw: 0,
        length: 1,
        wide: Filled::new(wide, 1),
        strongs: Filled::new(Nil, 1),
    };
    let mixed = Mixed::new(&mut scope, init_);
    {
        let mut inner = scope.nested();
        let value = Item::new(&mut inner, init(3));
        let object = mixed.get(&inner);
        let map: &HeapObject = value.get(&inner).map();
        object.wide(0).set_key(map);
        object.wide(0).set_first(value);
    }
    for kind in [CollectionKind::Young, CollectionKind::Full, CollectionKind::Full] {
        scope.collect(kind);
        assert_eq!(mixed.get(&scope).wide(0).first().map(Item::value), Some(3));
    }
}

/// A value without a key is kept by nothing.
#[test]
fn values_without_keys_go_with_the_next_full_collection() {
    for place in PLACES {
        let mut isolate = isolate();
        let mut scope = isolate.enter();
        let table = table(&mut scope, 1, place);
        {
            let mut inner = scope.nested();
            let value = Item::new(&mut inner, init(3));
            table.get(&inner).entries(0).set_value(value);
        }
        assert_eq!(entry(&scope, table, 0), (None, Some(3)));
        scope.collect(CollectionKind::Full);
        assert_eq!(entry(&scope, table, 0), (None, None), "{place:?}");
    }
}

/// A table that dies keeps nothing, and entries of living tables in dead ones' values go too.
#[test]
fn tables_that_die() {
    for place in PLACES {
        let mut isolate = isolate();
        let mut scope = isolate.enter();
        let key = item(&mut scope, 1, Place::Young);
        let value = {
            let mut inner = scope.nested();
            let table = table(&mut inner, 1, place);
            let value = item(&mut inner, 2, Place::Young);
            table.get(&inner).entries(0).set_key(key);
            table.get(&inner).entries(0).set_value(value);
            WeakGlobal::new(&inner, value)
        };
        scope.collect(CollectionKind::Full);
        assert!(value.get(&scope).is_none(), "{place:?}");
        assert_eq!(key.get(&scope).value(), 1);
    }
}

/// Marks all the time, an object at each young allocation; collections come when asked for or when marking is complete.
fn stressed() -> IsolateBuilder {
    Isolate::builder()
        .classes(&CLASSES)
        .gc_threads(1)
        .stress(u32::MAX, CollectionKind::Young)
        .stress_marking()
        .verify(true)
}

/// Marking goes on by so many objects.
fn mark_on(scope: &mut HandleScope<'_>, objects: usize) {
    for _ in 0..objects {
        let mut inner = scope.nested();
        Item::new(&mut inner, init(0));
    }
}

/// Key, value and key again are stored while marking has got anywhere, into a table that was visited or was not.
#[test]
fn entries_that_change_while_marking_goes_on() {
    for steps in 0..60 {
        let mut isolate = stressed().build().unwrap();
        let mut scope = isolate.enter();
        let table = table(&mut scope, 4, Place::Old);
        let keys: Vec<_> = (0..4).map(|i| item(&mut scope, i, Place::Old)).collect();
        for (i, key) in keys.iter().enumerate() {
            let mut inner = scope.nested();
            let [dying, value] = [100, 10].map(|of| item(&mut inner, of + i as i32, Place::Old));
            let entry = table.get(&inner).entries(i);
            entry.set_key(if i < 2 { dying } else { key.upcast() });
            entry.set_value(value);
        }
        mark_on(&mut scope, steps);
        {
            let mut inner = scope.nested();
            // Dead to living key; living to dead key; new values, young and old.
            table.get(&inner).entries(0).set_key(keys[0]);
            let [young, old, dying] = [Place::Young, Place::Old, Place::Old].map(|place| item(&mut inner, 77, place));
            table.get(&inner).entries(1).set_key(keys[1]);
            table.get(&inner).entries(1).set_value(young);
            table.get(&inner).entries(2).set_value(old);
            table.get(&inner).entries(3).set_key(dying);
        }
        mark_on(&mut scope, steps / 2);
        for i in 0..6 {
            // The verifier looks at each; steps go on between them.
            scope.collect(if i % 2 == 0 { CollectionKind::Young } else { CollectionKind::Full });
            assert_eq!(entry(&scope, table, 0), (Some(0), Some(10)), "{steps}");
            assert_eq!(entry(&scope, table, 1), (Some(1), Some(77)), "{steps}");
            assert_eq!(entry(&scope, table, 2), (Some(2), Some(77)), "{steps}");
            if i > 0 {
                assert_eq!(entry(&scope, table, 3), (None, None), "{steps}");
            }
            mark_on(&mut scope, steps % 7);
        }
    }
}

/// What the program and its heap should agree on: who refers to whom, by number.
#[derive(Default)]
struct Model {
    roots: Vec<Option<i32>>,
    next: HashMap<i32, i32>,
    /// Key and value.
    entries: Vec<Vec<Option<(i32, i32)>>>,
}

impl Model {
    /// The items that live, by the meaning of ephemerons.
    fn reachable(&self) -> HashSet<i32> {
        let mut found = HashSet::new();
        let mut ways: Vec<i32> = self.roots.iter().flatten().copied().collect();
        loop {
            while let Some(item) = ways.pop() {
                if found.insert(item) {
                    ways.extend(self.next.get(&item));
                }
            }
            let values = self.entries.iter().flatten().flatten().filter(|(key, _)| found.contains(key));
            ways.extend(values.map(|(_, value)| value).filter(|value| !found.contains(value)));
            if ways.is_empty() {
                return found;
            }
        }
    }
}

const ROOTS: usize = 6;
const TABLES: usize = 3;
const ENTRIES: usize = 12;

/// A heap and its model.
struct World {
    model: Model,
    roots: Vec<Option<Global<Item>>>,
    tables: Vec<Global<Table>>,
    last: i32,
}

impl World {
    fn step(&mut self, scope: &mut HandleScope<'_>, random: &mut Random) {
        let mut pick = |below: usize| random.below(below);
        let (slot, other) = (pick(ROOTS), pick(ROOTS));
        let (t, i) = (pick(TABLES), pick(ENTRIES));
        let place = match pick(40) {
            0 => Place::Large,
            1 => Place::OldLarge,
            2..12 => Place::Old,
            _ => Place::Young,
        };
        let operation = pick(100);
        let alive = self.model.reachable();
        let mut inner = scope.nested();
        let mut is_exact = false;
        match operation {
            0..30 => {
                self.last += 1;
                let item = item(&mut inner, self.last, place);
                self.check(&inner, &alive, false);
                self.roots[slot] = Some(Global::new(&inner, item));
                self.model.roots[slot] = Some(self.last);
            }
            30..40 => {
                self.roots[slot] = None;
                self.model.roots[slot] = None;
            }
            40..70 => {
                // From `slot`'s end of the way to `other`.
                if let (Some(from), Some(to)) = (&self.roots[slot], &self.roots[other]) {
                    let (from, to) = (from.get(&inner), to.get(&inner));
                    if operation < 45 {
                        from.set_next(to);
                        self.model.next.insert(from.value(), to.value());
                    } else {
                        let entry = self.tables[t].get(&inner).entries(i);
                        entry.set_key(from);
                        entry.set_value(to);
                        self.model.entries[t][i] = Some((from.value(), to.value()));
                    }
                }
            }
            70..80 => {
                // The way leads on through an entry.
                let entry = self.tables[t].get(&inner).entries(i);
                if let Some(value) = entry.value() {
                    let id = value.value();
                    let value = inner.handle(value);
                    self.roots[slot] = Some(Global::new(&inner, value));
                    self.model.roots[slot] = Some(id);
                }
            }
            80..84 => {
                let table = table(&mut inner, ENTRIES, place);
                self.check(&inner, &alive, false);
                self.tables[t] = Global::new(&inner, table);
                self.model.entries[t] = vec![None; ENTRIES];
            }
            84..97 => inner.collect(CollectionKind::Young),
            _ => {
                inner.collect(CollectionKind::Full);
                is_exact = true;
            }
        }
        if operation >= 84 {
            self.check(&inner, &alive, is_exact);
        }
    }

    /// Takes what has been cleared out of the model: entries whose keys were not alive.
    fn check(&mut self, scope: &HandleScope<'_>, alive: &HashSet<i32>, is_exact: bool) {
        for (table, entries) in self.tables.iter().zip(&mut self.model.entries) {
            let table = table.get(scope);
            for (i, expected) in entries.iter_mut().enumerate() {
                let entry = table.entries(i);
                let found = entry.key().map(Item::value).zip(entry.value().map(Item::value));
                assert_eq!(entry.key().is_some(), entry.value().is_some(), "an entry is cleared as one");
                match *expected {
                    Some((key, _)) if found.is_none() => {
                        assert!(!alive.contains(&key), "the entry of {key}, which is alive, was cleared");
                        *expected = None;
                    }
                    _ => assert_eq!(found, *expected),
                }
                if let (Some((key, _)), true) = (*expected, is_exact) {
                    assert!(alive.contains(&key), "the entry of {key}, which is dead, was left");
                }
            }
        }
        if is_exact {
            assert_eq!(items(scope), alive.len(), "all that is dead is gone, and nothing else");
        }
    }
}

fn run(seeds: u64, steps: usize, builder: impl Fn() -> IsolateBuilder) {
    for seed in 0..seeds {
        let mut random = Random::new(seed);
        let mut isolate = builder().classes(&CLASSES).verify(true).build().unwrap();
        let mut scope = isolate.enter();
        let mut world = World { model: Model::default(), roots: Vec::new(), tables: Vec::new(), last: 0 };
        world.roots.resize_with(ROOTS, || None);
        world.model.roots.resize(ROOTS, None);
        world.model.entries.resize(TABLES, vec![None; ENTRIES]);
        for place in [Place::Young, Place::Old, Place::OldLarge] {
            let mut inner = scope.nested();
            let table = table(&mut inner, ENTRIES, place);
            world.tables.push(Global::new(&inner, table));
        }
        for _ in 0..steps {
            world.step(&mut scope, &mut random);
        }
    }
}

#[test]
fn random_graphs() {
    run(12, 600, Isolate::builder);
    run(3, 600, || Isolate::builder().semi_space_size(1 << 20, 1 << 20).max_heap_size(16 << 20));
}

#[test]
fn random_graphs_under_stress() {
    run(6, 250, || Isolate::builder().stress(1, CollectionKind::Young));
    run(6, 250, || Isolate::builder().stress(1, CollectionKind::Full));
    run(6, 400, || Isolate::builder().stress(5, CollectionKind::Young));
}

#[test]
fn random_graphs_promoted_as_they_lie() {
    for seed in 0..4 {
        run(3, 300, || Isolate::builder().stress_promotion(seed).stress(1, CollectionKind::Young));
        run(3, 300, || Isolate::builder().stress_promotion(seed).stress(3, CollectionKind::Full));
        run(3, 400, || Isolate::builder().stress_promotion(seed).stress(3, CollectionKind::Young).stress_marking());
        run(3, 400, || Isolate::builder().stress_promotion(seed).stress(11, CollectionKind::Full).stress_marking());
    }
}

#[test]
fn random_graphs_while_marking_goes_on() {
    run(8, 500, || Isolate::builder().stress(3, CollectionKind::Young).stress_marking());
    run(8, 500, || Isolate::builder().stress(11, CollectionKind::Full).stress_marking());
    run(8, 500, || Isolate::builder().stress(u32::MAX, CollectionKind::Full).stress_marking());
}

/// A table with one entry, its key and its value.
fn one_entry<'s>(scope: &mut HandleScope<'s>) -> (Handle<'s, Table>, Handle<'s, Item>) {
    let (table, key) = (table(scope, 2, Place::Young), item(scope, 1, Place::Young));
    let mut inner = scope.nested();
    let value = HeavyItem::new(&mut inner, HeavyItemInit { parent: init(2), bytes: Filled::new(0, 1000) });
    table.get(&inner).entries(1).set_key(key);
    table.get(&inner).entries(1).set_value(value);
    (table, key)
}

/// In a heap snapshot, a value is retained by its key and not by the table.
#[test]
fn snapshots_show_who_keeps_values_alive() {
    use heapwright::inspect::{SnapshotEdgeKind, SnapshotEdgeName};
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let (_table, _key) = one_entry(&mut scope);
    let snapshot = scope.heap_snapshot();
    let node = |name: &str| snapshot.nodes().iter().position(|node| snapshot.name(node) == name).unwrap();
    let (table, key, value) = (node("Table"), node("Item"), node("HeavyItem"));
    let edges = |from: usize| -> Vec<_> {
        let to_value = snapshot.edges(from).iter().filter(|edge| edge.to == value);
        to_value.map(|edge| (edge.kind, snapshot.edge_name(edge).to_string())).collect()
    };
    let id = snapshot.nodes()[table].id;
    assert_eq!(edges(table), [(SnapshotEdgeKind::Weak, "entries[1].value".to_owned())]);
    assert_eq!(edges(key), [(SnapshotEdgeKind::Internal, format!("entries[1].value of Table @{id}"))]);
    let retained = snapshot.retained_sizes();
    assert_eq!(retained[key], snapshot.nodes()[key].self_size + snapshot.nodes()[value].self_size);
    assert_eq!(retained[table], snapshot.nodes()[table].self_size);
    assert_eq!(snapshot.dominators()[value], Some(key));
    assert!(!matches!(snapshot.edge_name(&snapshot.edges(key)[0]), SnapshotEdgeName::Index(_)));
}

/// A footprint counts values with their keys, whichever of table and key is met first.
#[test]
fn footprints_count_values_with_their_keys() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let (table, key) = one_entry(&mut scope);
    let heavy = |footprint: &heapwright::inspect::Footprint| {
        let of = footprint.classes.iter().find(|of| of.class == HeavyItem::CLASS);
        of.map_or((0, 0), |of| (of.objects, of.weak_objects))
    };
    let (table, key) = (table.get(&scope).as_tagged(), key.get(&scope).as_tagged());
    assert_eq!(heavy(&scope.footprint([table])), (0, 1));
    assert_eq!(heavy(&scope.footprint([key])), (0, 0));
    assert_eq!(heavy(&scope.footprint([table, key])), (1, 0));
    assert_eq!(heavy(&scope.footprint([key, table])), (1, 0));
}

#[test]
fn entries_are_printed_as_structs_are() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let (table, _key) = one_entry(&mut scope);
    let text = format!("{:#?}", table.get(&scope));
    assert!(text.contains("key") && text.contains("value") && text.contains("HeavyItem"), "{text}");
}
