//! Write-barrier modes, and observers of stores.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::stress::Mode;
use heapwright::{
    Fresh, HeapClass, ReadOnly, SpaceId, Store, StoreFilter, StorePlace, Stored, WriteBarrierMode, prelude::*,
};
use heapwright_tests::{Random, panic_message};
use std::sync::{Arc, Mutex};

#[bitfield(u31)]
pub struct Flags {
    pub first: bool,
    #[bits(8)]
    pub number: u8,
}

#[heap_object(open)]
pub struct Node {
    id: Smi,
    #[seq_cst(swap, compare_exchange)]
    next: Tagged<Option<Node>>,
    other: Tagged<Any>,
    #[relaxed(swap, compare_exchange)]
    weak: Weak<Node>,
    #[observed]
    seen: Tagged<Any>,
}

#[heap_object(extends = Node)]
pub struct Below {
    own: Tagged<Option<Node>>,
}

/// Every kind of field, all observed.
#[heap_object(observed)]
pub struct Watched {
    #[relaxed(swap, compare_exchange)]
    number: Smi,
    #[relaxed(swap, compare_exchange)]
    any: Tagged<Any>,
    weak: Weak<Node>,
    flags: SmiBits<Flags>,
    #[constant]
    name: Smi,
    byte: u8,
    pad: Padding<1>,
    short: i16,
    #[seq_cst(swap, compare_exchange)]
    float: f32,
    double: f64,
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

#[heap_object]
pub struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

#[heap_object]
pub struct WeakArray {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Weak<Node>],
}

#[heap_object]
pub struct Shorts {
    #[constant]
    length: Smi,
    #[observed]
    #[length = length]
    elements: [u16],
}

#[heap_object]
pub struct Stone {
    #[constant]
    id: Smi,
}

heap_classes! { pub static CLASSES = [Node, Below, Watched, Array, WeakArray, Shorts, Stone]; }

heapwright::heap_roots! {
    static ROOTS, keys in root, getters in Roots, set up by set_up;
    stone: Stone,
}

fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let stone = Stone::try_new_in(scope, AllocationType::ReadOnly, StoneInit { id: 1 })?;
    scope.set_root(root::stone, stone);
    Ok(())
}

const YOUNG: AllocationType = AllocationType::Young;
const OLD: AllocationType = AllocationType::Old;

fn builder() -> heapwright::IsolateBuilder {
    Isolate::builder().classes(&CLASSES).roots(&ROOTS).verify(true)
}

fn node<'s>(scope: &mut HandleScope<'s>, space: AllocationType, id: i32) -> Handle<'s, Node> {
    let init = NodeInit { id, next: Nil, other: smi(0), weak: Nil, seen: smi(0) };
    Node::try_new_in(scope, space, init).unwrap()
}

// ---------------------------------------------------------------------------------------------------------------- modes

#[test]
fn the_mode_of_a_young_object_is_good_for_that_object_alone() {
    // Otherwise what was born young is old when it looks: marking that is through collects, too.
    let mut isolate = builder().unstressed(Mode::Allocations).unstressed(Mode::Marking).build().unwrap();
    let mut scope = isolate.enter();
    let (young, old) = (node(&mut scope, YOUNG, 1), node(&mut scope, OLD, 2));
    let array = Array::try_new_in(&mut scope, OLD, ArrayInit { elements: Filled::new(smi(0), 3) }).unwrap();
    {
        let mut inner = scope.nested();
        let value = node(&mut inner, YOUNG, 3);
        let (young, old, array, value) = (young.get(&inner), old.get(&inner), array.get(&inner), value.get(&inner));
        let mode = young.write_barrier_mode();
        assert_ne!(mode, WriteBarrierMode::UPDATE);
        young.set_next(WithMode(value, mode));
        // The wrong object: the slots are remembered all the same.
        old.set_next(WithMode(value, mode));
        old.set_weak(WithMode(value, mode));
        array.set_elements(1, WithMode(value, mode));
        assert_eq!(old.write_barrier_mode(), WriteBarrierMode::UPDATE);
        inner.verify().unwrap();
    }
    scope.collect(CollectionKind::Young);
    let old = old.get(&scope);
    assert_eq!(old.next().unwrap().id(), 3);
    assert!(core::ptr::eq(old.weak().unwrap(), old.next().unwrap()));
    assert!(core::ptr::eq(array.get(&scope).elements(1).cast::<Node>(), old.next().unwrap()));
}

#[test]
fn the_mode_of_a_promoted_object_is_made_anew() {
    // Otherwise what was born young is old when it looks.
    let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let (host, value) = (node(&mut scope, YOUNG, 1), node(&mut scope, YOUNG, 2));
    assert_ne!(host.get(&scope).write_barrier_mode(), WriteBarrierMode::UPDATE);
    scope.collect(CollectionKind::Full);
    assert_eq!(host.get(&scope).space(), SpaceId::Old);
    assert_eq!(host.get(&scope).write_barrier_mode(), WriteBarrierMode::UPDATE);
    let fresh = node(&mut scope, YOUNG, 3);
    let raw = host.get(&scope);
    raw.set_next(WithMode(fresh, raw.write_barrier_mode()));
    raw.set_other(WithMode(value, raw.write_barrier_mode()));
    scope.verify().unwrap();
}

#[test]
fn fresh_objects_are_young_and_skip_by_type() {
    for builder in [builder(), builder().stress(1, CollectionKind::Young), builder().stress(1, CollectionKind::Full)] {
        let mut isolate = builder.build().unwrap();
        let mut scope = isolate.enter();
        let old = node(&mut scope, OLD, 0);
        for round in 0..20 {
            let list = {
                let memory = scope.reserve(10 * Node::SIZE).unwrap();
                let mut last: Option<Fresh<'_, Node>> = None;
                for id in 0..10 {
                    let init = NodeInit { id, next: Nil, other: smi(0), weak: Nil, seen: smi(0) };
                    let fresh = memory.fresh(init);
                    assert_eq!(fresh.space(), SpaceId::New);
                    fresh.set_next(WithMode(last, fresh.mode()));
                    fresh.set_weak(WithMode(fresh, fresh.mode()));
                    last = Some(fresh);
                }
                let last = last.unwrap();
                old.get(&memory).set_other(WithMode(last, last.mode()));
                memory.verify().unwrap();
                memory.handle(last.get())
            };
            if round % 3 == 0 {
                scope.collect(CollectionKind::Young);
            }
            let mut at = Some(list.get(&scope));
            for id in (0..10).rev() {
                let node = at.unwrap();
                assert_eq!(node.id(), id);
                assert!(core::ptr::eq(node.weak().unwrap(), node));
                at = node.next();
            }
            assert!(at.is_none());
            assert!(core::ptr::eq(old.get(&scope).other().cast::<Node>(), list.get(&scope)));
        }
    }
}

#[test]
fn no_fresh_object_is_larger_than_young_ones_may_be() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    let memory = scope.reserve(Reservation::MAX).unwrap();
    let large = heapwright::spaces::MAX_YOUNG_OBJECT_SIZE;
    let init = || ArrayInit { elements: Filled::new(smi(0), large) };
    assert!(memory.try_fresh::<Array, _>(init()).is_err());
    assert!(panic_message(|| memory.fresh::<Array, _>(init()).elements_len()).contains("bytes"));
}

#[test]
fn read_only_references_are_checked() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    let old = node(&mut scope, OLD, 1);
    let array = Array::try_new_in(&mut scope, OLD, ArrayInit { elements: Filled::new(smi(0), 1) }).unwrap();
    let mortal = Stone::new(&mut scope, StoneInit { id: 2 });
    assert!(ReadOnly::try_new(mortal.get(&scope)).is_none());
    assert!(ReadOnly::try_new(old.get(&scope)).is_none());
    let stone = ReadOnly::try_new(scope.stone()).unwrap();
    old.get(&scope).set_other(stone);
    array.get(&scope).set_elements(0, stone);
    assert_eq!((stone.id(), old.get(&scope).other().cast::<Stone>().id()), (1, 1));
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        scope.collect(kind);
        assert!(core::ptr::eq(old.get(&scope).other().cast::<Stone>(), scope.stone()));
        assert!(core::ptr::eq(array.get(&scope).elements(0).cast::<Stone>(), scope.stone()));
    }
}

// ------------------------------------------------------------------------------------------------------------ observers

type Log = Arc<Mutex<Vec<String>>>;

fn line(store: &Store<'_>) -> String {
    let place = match store.place() {
        StorePlace::Field(field) => field.name.to_owned(),
        StorePlace::Element { tail, index } => format!("{}[{index}]", tail.name),
        StorePlace::Part { of, index: Some(index), field } => format!("{of}[{index}].{}", field.name),
        StorePlace::Part { of, index: None, field } => format!("{of}.{}", field.name),
    };
    let value = match store.value() {
        Stored::Tagged(value) => match (value.as_smi(), value.try_cast::<Node>()) {
            (Some(smi), _) => smi.to_string(),
            (None, Some(node)) => format!("node {}", node.id()),
            (None, None) => value.as_object().unwrap().class().name().to_owned(),
        },
        Stored::Weak(Some(node)) => format!("weak {}", node.cast::<Node>().id()),
        Stored::Weak(None) => "cleared".to_owned(),
        Stored::Raw(bits) => format!("{bits:#x}"),
    };
    format!("{}.{place} = {value}", store.host().class().name())
}

fn watch(scope: &mut HandleScope<'_>, filter: StoreFilter) -> (heapwright::StoreObserver, Log) {
    let log = Log::default();
    let entries = Arc::clone(&log);
    let observer = scope.observe_stores(filter, move |store| entries.lock().unwrap().push(line(store))).unwrap();
    (observer, log)
}

fn taken(log: &Log) -> Vec<String> {
    std::mem::take(&mut log.lock().unwrap())
}

#[test]
fn an_observer_sees_every_store_of_a_reference() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    let (_, log) = watch(&mut scope, StoreFilter::all());
    for (host, value) in [(YOUNG, YOUNG), (YOUNG, OLD), (OLD, YOUNG), (OLD, OLD)] {
        let (host, value) = (node(&mut scope, host, 1), node(&mut scope, value, 2));
        let host = host.get(&scope);
        assert!(taken(&log).is_empty(), "what an object is made with is not a store");
        host.set_next(value);
        host.set_other(value);
        host.set_weak(value);
        host.swap_next(host);
        assert!(host.compare_exchange_next(value, value).is_err());
        assert!(host.compare_exchange_next(host, value).is_ok());
        host.swap_weak(host);
        host.set_other(WithMode(host, host.write_barrier_mode()));
        let expected = [
            "Node.next = node 2",
            "Node.other = node 2",
            "Node.weak = weak 2",
            "Node.next = node 1",
            "Node.next = node 2",
            "Node.weak = weak 1",
            "Node.other = node 1",
        ];
        assert_eq!(taken(&log), expected);
        // No barrier, and not declared `observed`.
        host.set_id(3);
        host.set_other(smi(3));
        host.set_next(Nil);
        host.set_weak(Nil);
        assert!(taken(&log).is_empty());
        scope.verify().unwrap();
    }
    let host = node(&mut scope, YOUNG, 5);
    let host = host.get(&scope);
    host.set_other(scope.stone());
    assert_eq!(taken(&log), ["Node.other = Stone"], "read-only objects too");
    host.set_other(ReadOnly::try_new(scope.stone()).unwrap());
    assert!(taken(&log).is_empty(), "but not without a barrier");
}

#[test]
fn elements_are_observed() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    let (_, log) = watch(&mut scope, StoreFilter::all());
    let value = node(&mut scope, YOUNG, 7);
    for (len, space) in [(3, YOUNG), (3, OLD), (100_000, OLD)] {
        let array = Array::try_new_in(&mut scope, space, ArrayInit { elements: Filled::new(smi(0), len) }).unwrap();
        let weak = WeakArray::try_new_in(&mut scope, space, WeakArrayInit { elements: Filled::new(Nil, len) }).unwrap();
        let shorts = Shorts::try_new_in(&mut scope, space, ShortsInit { elements: Filled::new(0, len) }).unwrap();
        let last = len - 1;
        array.get(&scope).set_elements(last, value);
        array.get(&scope).set_elements(0, smi(4));
        weak.get(&scope).set_elements(1, value);
        weak.get(&scope).set_elements(1, Nil);
        shorts.get(&scope).set_elements(last, 0xabcd);
        let expected = [
            format!("Array.elements[{last}] = node 7"),
            "WeakArray.elements[1] = weak 7".to_owned(),
            format!("Shorts.elements[{last}] = 0xabcd"),
        ];
        assert_eq!(taken(&log), expected);
        scope.collect(CollectionKind::Young);
        assert_eq!(array.get(&scope).elements(last).cast::<Node>().id(), 7);
    }
}

#[test]
fn observed_fields_show_every_store_once() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    let (_, log) = watch(&mut scope, StoreFilter::class::<Watched>());
    let value = node(&mut scope, YOUNG, 7);
    for space in [YOUNG, OLD] {
        let (flags, float, double) = (Flags::new(), 0.0, 0.0);
        let init = WatchedInit {
            number: 1,
            any: smi(0),
            weak: Nil,
            flags,
            name: 1,
            byte: 0,
            short: 0,
            float,
            double,
            elements: &[smi(0), smi(0)],
        };
        let watched = Watched::try_new_in(&mut scope, space, init).unwrap();
        let raw = watched.get(&scope);
        raw.set_number(5);
        raw.swap_number(6);
        assert_eq!(raw.compare_exchange_number(0, 1), Err(6));
        assert_eq!(raw.compare_exchange_number(6, 7), Ok(6));
        raw.set_any(value);
        raw.set_any(smi(8));
        raw.set_any(WithMode(value, raw.write_barrier_mode()));
        raw.swap_any(smi(9));
        raw.set_weak(value);
        raw.set_weak(Nil);
        raw.set_flags(Flags::new().with_number(2));
        raw.set_first(true);
        raw.update_flags(|flags| flags.with_number(3));
        raw.set_byte(0xfe);
        raw.set_short(-2);
        raw.set_float(1.0);
        raw.swap_float(-0.0);
        raw.set_double(1.0);
        raw.set_elements(1, smi(3));
        raw.set_elements(0, value);
        let expected = [
            "number = 5",
            "number = 6",
            "number = 7",
            "any = node 7",
            "any = 8",
            "any = node 7",
            "any = 9",
            "weak = weak 7",
            "weak = cleared",
            "flags = 4",
            "flags = 5",
            "flags = 7",
            "byte = 0xfe",
            "short = 0xfffe",
            "float = 0x3f800000",
            "float = 0x80000000",
            "double = 0x3ff0000000000000",
            "elements[1] = 3",
            "elements[0] = node 7",
        ];
        assert_eq!(taken(&log), expected.map(|line| format!("Watched.{line}")));
        scope.verify().unwrap();
    }
    // What an update stores elsewhere is told too.
    let (flags, float, double) = (Flags::new(), 0.0, 0.0);
    let init = WatchedInit {
        number: 1,
        any: smi(0),
        weak: Nil,
        flags,
        name: 1,
        byte: 0,
        short: 0,
        float,
        double,
        elements: &[] as &[Smi],
    };
    let watched = Watched::new(&mut scope, init);
    let raw = watched.get(&scope);
    raw.update_flags(|flags| {
        raw.set_any(value);
        flags.with_number(1)
    });
    assert_eq!(taken(&log), ["Watched.any = node 7", "Watched.flags = 2"]);
    // One field of a class that is not observed as a whole.
    let (_, log) = watch(&mut scope, StoreFilter::class::<Node>());
    let raw = value.get(&scope);
    raw.set_seen(smi(1));
    raw.set_other(smi(1));
    raw.set_seen(raw);
    assert_eq!(taken(&log), ["Node.seen = 1", "Node.seen = node 7"]);
}

#[test]
fn an_observed_setter_that_panics_leaves_the_observer_in_order() {
    let mut isolate = builder().build().unwrap();
    let mut other = builder().build().unwrap();
    let dead = {
        let mut scope = other.enter();
        node(&mut scope, YOUNG, 1)
    };
    let mut scope = isolate.enter();
    let (_, log) = watch(&mut scope, StoreFilter::all());
    let host = node(&mut scope, YOUNG, 2);
    assert!(panic_message(|| host.get(&scope).set_seen(dead)).contains("scope has ended"));
    host.get(&scope).set_seen(smi(4));
    assert_eq!(taken(&log), ["Node.seen = 4"]);
}

#[test]
fn filters_choose_classes_and_fields() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    let (_, of_nodes) = watch(&mut scope, StoreFilter::class::<Node>());
    let (_, of_below) = watch(&mut scope, StoreFilter::class::<Below>());
    let (_, of_next) = watch(&mut scope, StoreFilter::field::<Node>("next"));
    let (_, of_inherited) = watch(&mut scope, StoreFilter::field::<Below>("next"));
    let (_, of_elements) =
        watch(&mut scope, StoreFilter::field::<Array>("elements").or(StoreFilter::field::<Below>("own")));
    let (_, of_all) = watch(&mut scope, StoreFilter::all().or(StoreFilter::class::<Stone>()));
    let above = node(&mut scope, YOUNG, 1);
    let parent = NodeInit { id: 2, next: Nil, other: smi(0), weak: Nil, seen: smi(0) };
    let below = Below::new(&mut scope, BelowInit { parent, own: Nil });
    let array = Array::new(&mut scope, ArrayInit { elements: Filled::new(smi(0), 2) });
    above.get(&scope).set_next(above);
    above.get(&scope).set_other(above);
    below.get(&scope).set_next(above);
    below.get(&scope).set_own(above);
    array.get(&scope).set_elements(1, above);
    let (n, o, b, own) = ("Node.next = node 1", "Node.other = node 1", "Below.next = node 1", "Below.own = node 1");
    let e = "Array.elements[1] = node 1";
    assert_eq!(taken(&of_nodes), [n, o, b, own]);
    assert_eq!(taken(&of_below), [b, own]);
    assert_eq!(taken(&of_next), [n, b]);
    assert_eq!(taken(&of_inherited), [b]);
    assert_eq!(taken(&of_elements), [own, e]);
    assert_eq!(taken(&of_all), [n, o, b, own, e]);
    let message = panic_message(|| StoreFilter::field::<Node>("nxt"));
    assert!(message.contains("class `Node` has no field `nxt`"), "{message}");
}

#[test]
fn a_panic_in_an_observer_goes_to_who_stored_and_leaves_a_whole_heap() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    let _observer = scope
        .observe_stores(StoreFilter::all(), |store| {
            if let Stored::Tagged(value) = store.value()
                && value.is::<Node>()
            {
                panic!("a {} was stored", value.cast::<Node>().id());
            }
        })
        .unwrap();
    let (_, log) = watch(&mut scope, StoreFilter::all());
    let (old, young) = (node(&mut scope, OLD, 1), node(&mut scope, YOUNG, 2));
    for _ in 0..2 {
        let raw = old.get(&scope);
        assert_eq!(panic_message(|| raw.set_next(young)), "a 2 was stored");
        assert_eq!(panic_message(|| _ = raw.swap_next(young)), "a 2 was stored");
        assert_eq!(panic_message(|| raw.set_seen(young)), "a 2 was stored");
        raw.set_weak(young);
        assert_eq!(taken(&log), ["Node.weak = weak 2"], "observers after it are told of the next store");
        scope.verify().unwrap();
        scope.collect(CollectionKind::Young);
        assert!(core::ptr::eq(old.get(&scope).next().unwrap(), young.get(&scope)));
    }
}

#[test]
fn stores_in_an_observer_are_not_observed() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    let _observer = scope
        .observe_stores(StoreFilter::field::<Node>("next"), |store| {
            let host = store.host().cast::<Node>();
            let Stored::Tagged(value) = store.value() else { panic!() };
            host.set_next(host);
            host.set_seen(value.cast::<Node>());
            host.set_seen(smi(4));
            host.set_other(value.cast::<Node>());
        })
        .unwrap();
    let (_, log) = watch(&mut scope, StoreFilter::all());
    let (old, young) = (node(&mut scope, OLD, 1), node(&mut scope, YOUNG, 2));
    old.get(&scope).set_next(young);
    assert_eq!(taken(&log), ["Node.next = node 2"], "what was stored, not what is there now");
    let raw = old.get(&scope);
    assert!(core::ptr::eq(raw.next().unwrap(), raw) && core::ptr::eq(raw.other().cast::<Node>(), young.get(&scope)));
    scope.collect(CollectionKind::Young);
    assert!(core::ptr::eq(old.get(&scope).other().cast::<Node>(), young.get(&scope)));
}

#[test]
fn an_observer_ends_and_leaves_no_trace() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    let dropped = Arc::new(());
    let token = Arc::clone(&dropped);
    let (first, log) = watch(&mut scope, StoreFilter::all());
    let second = scope.observe_stores(StoreFilter::all(), move |_| drop(Arc::clone(&token))).unwrap();
    let old = node(&mut scope, OLD, 1);
    scope.unobserve(second).unwrap();
    assert_eq!(Arc::strong_count(&dropped), 1, "the callback is dropped with its observer");
    old.get(&scope).set_next(old);
    assert_eq!(taken(&log).len(), 1, "the other goes on");
    scope.unobserve(first).unwrap();
    scope.verify().unwrap(); // checks the flags of all chunks
    old.get(&scope).set_next(old);
    old.get(&scope).set_seen(smi(1));
    assert!(taken(&log).is_empty());
    assert_ne!(node(&mut scope, YOUNG, 1).get(&scope).write_barrier_mode(), WriteBarrierMode::UPDATE);
    let (_again, log) = watch(&mut scope, StoreFilter::all());
    old.get(&scope).set_next(old);
    assert_eq!(taken(&log).len(), 1);
}

#[test]
fn observers_belong_to_their_isolate_and_move_with_it() {
    let (mut watched, mut other) = (builder().build().unwrap(), builder().build().unwrap());
    let (observer, log) = {
        let mut scope = watched.enter();
        let (observer, log) = watch(&mut scope, StoreFilter::all());
        let mut inner = scope.nested();
        let host = node(&mut inner, OLD, 1);
        host.get(&inner).set_next(host);
        assert_eq!(taken(&log).len(), 1);
        std::mem::forget(inner);
        (observer, log)
    };
    {
        let mut scope = other.enter();
        let host = node(&mut scope, OLD, 1);
        host.get(&scope).set_next(host);
        host.get(&scope).set_seen(smi(1));
        assert!(taken(&log).is_empty(), "another isolate on this thread");
        scope.verify().unwrap();
    }
    {
        std::mem::forget(watched.enter());
        let mut scope = watched.enter();
        let host = node(&mut scope, OLD, 1);
        host.get(&scope).set_next(host);
        assert_eq!(taken(&log).len(), 1, "after a scope was forgotten");
    }
    let message = panic_message(|| {
        let mut scope = other.enter();
        scope.unobserve(observer)
    });
    assert!(message.contains("an observer of isolate"), "{message}");
    let log = std::thread::spawn(move || {
        let mut scope = watched.enter();
        let host = node(&mut scope, YOUNG, 1);
        host.get(&scope).set_next(host);
        assert_eq!(taken(&log), ["Node.next = node 1"], "on another thread");
        log
    })
    .join()
    .unwrap();
    assert_eq!(Arc::strong_count(&log), 1, "callbacks end with the isolate");
}

/// New chunks of every kind are observed too, and nothing else about them changes.
#[test]
fn the_heap_grows_and_shrinks_under_an_observer() {
    let mut isolate = builder().semi_space_size(256 << 10, 1 << 20).build().unwrap();
    let mut scope = isolate.enter();
    let (observer, log) = watch(&mut scope, StoreFilter::all());
    let list = node(&mut scope, OLD, -1);
    for id in 0..3_000 {
        let mut inner = scope.nested();
        let old = node(&mut inner, if id % 3 == 0 { OLD } else { YOUNG }, id);
        if id % 100 == 0 {
            let init = ArrayInit { elements: Filled::new(smi(0), 40_000) };
            let array = Array::new(&mut inner, init);
            array.get(&inner).set_elements(id as usize, old);
            old.get(&inner).set_other(array);
            assert_eq!(taken(&log).len(), 2);
        }
        let next = list.get(&inner).next();
        old.get(&inner).set_next(next);
        list.get(&inner).set_next(old);
        assert_eq!(taken(&log).len(), if id == 0 { 1 } else { 2 });
    }
    let mut at = list.get(&scope).next();
    for id in (0..3_000).rev() {
        assert_eq!(at.unwrap().id(), id);
        at = at.unwrap().next();
    }
    list.get(&scope).set_next(Nil);
    scope.collect(CollectionKind::Full);
    scope.unobserve(observer).unwrap();
    scope.verify().unwrap();
    scope.collect(CollectionKind::Full);
    scope.verify().unwrap();
}

/// Random stores against a model of what an observer must see, under stress, with observers that come and go.
#[test]
fn observers_and_the_collector_agree_with_a_model() {
    for (seed, kind) in [(1, None), (2, Some((7, CollectionKind::Young))), (3, Some((11, CollectionKind::Full)))] {
        let mut builder = builder();
        if let Some((interval, kind)) = kind {
            builder = builder.stress(interval, kind);
        }
        let mut isolate = builder.build().unwrap();
        let mut scope = isolate.enter();
        let mut random = Random::new(seed);
        let mut nodes: Vec<Handle<'_, Node>> = (0..20).map(|id| node(&mut scope, YOUNG, id)).collect();
        let mut model: Vec<[Option<usize>; 2]> = vec![[None; 2]; nodes.len()];
        let mut observer = None;
        let mut expected = Vec::new();
        for _ in 0..1_500 {
            let (i, j) = (random.below(nodes.len()), random.below(nodes.len()));
            match random.below(12) {
                0 => match observer.take() {
                    None => observer = Some(watch(&mut scope, StoreFilter::class::<Node>())),
                    Some((observer, log)) => {
                        assert_eq!(taken(&log), std::mem::take(&mut expected));
                        scope.unobserve(observer).unwrap();
                    }
                },
                1 => {
                    let space = if random.one_in(2) { OLD } else { YOUNG };
                    nodes[i] = node(&mut scope, space, i as i32);
                    // What referred to the old one still does; it is forgotten here.
                    for (n, [next, weak]) in model.iter_mut().enumerate() {
                        if *next == Some(i) {
                            *next = None;
                            nodes[n].get(&scope).set_next(Nil);
                        }
                        if *weak == Some(i) {
                            *weak = None;
                            nodes[n].get(&scope).set_weak(Nil);
                        }
                    }
                    model[i] = [None; 2];
                }
                2 => scope.collect(if random.one_in(4) { CollectionKind::Full } else { CollectionKind::Young }),
                3..6 => {
                    let (host, value) = (nodes[i].get(&scope), nodes[j].get(&scope));
                    match random.below(3) {
                        0 => host.set_next(value),
                        1 => _ = host.swap_next(value),
                        _ => assert!(host.compare_exchange_next(host.next(), value).is_ok()),
                    }
                    model[i][0] = Some(j);
                    expected.push(format!("Node.next = node {j}"));
                }
                6..8 => {
                    nodes[i].get(&scope).set_weak(nodes[j]);
                    model[i][1] = Some(j);
                    expected.push(format!("Node.weak = weak {j}"));
                }
                8 => {
                    nodes[i].get(&scope).set_next(Nil);
                    model[i][0] = None;
                }
                9 => {
                    nodes[i].get(&scope).set_seen(smi(5));
                    expected.push("Node.seen = 5".to_owned());
                }
                _ => {
                    let host = nodes[i].get(&scope);
                    let at = |index: Option<usize>| index.map(|index| nodes[index].get(&scope).address());
                    let now = [host.next(), host.weak()].map(|node| node.map(|node| node.address()));
                    assert_eq!(now, model[i].map(at));
                    assert_eq!(host.id() as usize, i);
                }
            }
            if observer.is_none() {
                expected.clear();
            }
        }
        scope.verify().unwrap();
    }
}

#[test]
fn a_setup_may_observe_before_read_only_space_is_sealed() {
    static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());
    fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
        let observer = scope.observe_stores(StoreFilter::all(), |store| LOG.lock().unwrap().push(line(store)));
        let _for_good = observer.unwrap();
        let stone = Stone::try_new_in(scope, AllocationType::ReadOnly, StoneInit { id: 3 })?;
        scope.set_root(key::pebble, stone);
        Ok(())
    }
    heapwright::heap_roots! {
        static PEBBLES, keys in key, getters in PebbleRoots, set up by set_up;
        pebble: Stone,
    }
    let mut isolate = Isolate::builder().classes(&CLASSES).roots(&PEBBLES).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    scope.verify().unwrap();
    let host = node(&mut scope, OLD, 1);
    host.get(&scope).set_other(scope.pebble());
    assert_eq!(*LOG.lock().unwrap(), ["Node.other = Stone"]);
    assert_eq!(Node::CLASS.name(), "Node");
}

/// The permissions of the memory that `address` lies in, as `r--p`.
#[cfg(target_os = "linux")]
fn permissions(address: usize) -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let line = maps.lines().find(|line| {
        let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        (usize::from_str_radix(start, 16).unwrap()..usize::from_str_radix(end, 16).unwrap()).contains(&address)
    });
    line.unwrap().split(' ').nth(1).unwrap().to_owned()
}

#[test]
#[cfg(target_os = "linux")]
fn read_only_space_stays_sealed() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    let address = scope.stone().address();
    assert_eq!(permissions(address), "r--p");
    let (observer, _) = watch(&mut scope, StoreFilter::all());
    assert_eq!(permissions(address), "r--p");
    scope.unobserve(observer).unwrap();
    assert_eq!(permissions(address), "r--p");
}
