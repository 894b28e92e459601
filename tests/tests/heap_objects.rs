//! The iterator over all objects: it sees what is there, each object once, as what it is; also while others are being made.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::stress::Mode;
use heapwright::{IsolateBuilder, SpaceId, prelude::*};
use std::collections::{HashMap, HashSet};

#[heap_object(open)]
pub struct Shape {
    #[constant]
    id: Smi,
    next: Tagged<Option<Shape>>,
    weak: Weak<Shape>,
}

#[heap_object(extends = Shape)]
pub struct Circle {
    radius: f64,
}

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[constant]
    #[length = length]
    data: [u8],
}

#[heap_object]
pub struct Numbers {
    #[constant]
    length: Smi,
    #[length = length]
    numbers: [Smi],
}

heap_classes! { pub static CLASSES = [Shape, Circle, Bytes, Numbers]; }

const PLACES: [AllocationType; 2] = [AllocationType::Young, AllocationType::Old];

fn builder() -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES).code_range(1 << 20)
}

fn isolate() -> Isolate {
    builder().build().unwrap()
}

fn circle<'s>(scope: &mut HandleScope<'s>, id: i32, next: Option<Handle<'_, Circle>>) -> Handle<'s, Circle> {
    let next = next.map(|next| next.upcast::<Shape>());
    Circle::new(scope, CircleInit { parent: ShapeInit { id, next, weak: Nil }, radius: 0.5 })
}

fn bytes<'s>(scope: &mut HandleScope<'s>, place: AllocationType, length: usize) -> Handle<'s, Bytes> {
    Bytes::try_new_in(scope, place, BytesInit { data: Filled::new(7, length) }).unwrap()
}

fn ids(scope: &HandleScope<'_>) -> HashSet<i32> {
    scope.heap_objects().instances_of::<Shape>().map(Shape::id).collect()
}

#[test]
fn every_object_of_every_space_is_seen_once() {
    // It tells objects by their addresses.
    let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let mut kept = HashMap::new();
    for place in PLACES {
        for length in [0, 10, 30_000, 100_000, 300_000] {
            let object = bytes(&mut scope, place, length);
            kept.insert(object.get(&scope).as_heap_object().address(), (place, length));
        }
    }
    for object in scope.heap_objects().instances_of::<Bytes>() {
        let (_, length) = kept.remove(&object.as_heap_object().address()).expect("one of ours, once");
        assert_eq!((object.length() as usize, object.data_len()), (length, length));
    }
    assert!(kept.is_empty(), "{kept:?}");
    let mut all = HashSet::new();
    for object in scope.heap_objects() {
        assert!(all.insert(object.address()));
        assert!(!["Filler", "FreeSpace"].contains(&object.class().name()), "{object:?}");
    }
    let statistics = scope.class_statistics();
    assert_eq!(all.len(), statistics.iter().map(|class| class.objects).sum::<usize>());
    for space in SpaceId::ALL {
        let mut own = scope.heap_objects().in_space(space);
        assert!(own.all(|object| object.space() == space && all.remove(&object.address())), "{space}");
    }
    assert!(all.is_empty());
    let maps = scope.heap_objects().instances_of::<heapwright::Map>().count();
    assert_eq!(maps, scope.classes().iter().filter(|class| !class.layout().is_abstract).count());
    let in_large = |space| scope.heap_objects().in_space(space).count();
    assert_eq!((in_large(SpaceId::NewLargeObject), in_large(SpaceId::LargeObject)), (1, 1));
}

#[test]
fn classes_are_told_apart() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let inner = circle(&mut scope, 1, None);
    Shape::new(&mut scope, ShapeInit { id: 2, next: inner.upcast::<Shape>(), weak: Nil });
    assert_eq!(ids(&scope), HashSet::from([1, 2]));
    let circles: Vec<_> = scope.heap_objects().instances_of::<Circle>().map(|c| (c.id(), c.radius())).collect();
    assert_eq!(circles, [(1, 0.5)]);
    assert_eq!(scope.heap_objects().instances_of::<HeapObject>().count(), scope.heap_objects().count());
}

#[test]
fn only_what_roots_reach() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let global = {
        let mut inner = scope.nested();
        let far = circle(&mut inner, 1, None);
        let near = circle(&mut inner, 2, Some(far));
        let dead = circle(&mut inner, 3, Some(far));
        let weakly = circle(&mut inner, 4, None);
        near.get(&inner).set_weak(weakly.upcast::<Shape>());
        let _ = dead;
        Global::new(&inner, near)
    };
    let reachable = |scope: &HandleScope<'_>| -> HashSet<i32> {
        scope.heap_objects().reachable().instances_of::<Shape>().map(Shape::id).collect()
    };
    assert_eq!(ids(&scope), HashSet::from([1, 2, 3, 4]));
    assert_eq!(reachable(&scope), HashSet::from([1, 2]));
    // What it says is what a collection does.
    let expected: usize = scope.heap_objects().reachable().map(|object| object.size()).sum();
    scope.collect(CollectionKind::Full);
    assert_eq!(ids(&scope), HashSet::from([1, 2]));
    assert_eq!(scope.heap_objects().map(|object| object.size()).sum::<usize>(), expected);
    assert_eq!(scope.heap_objects().reachable().count(), scope.heap_objects().count());
    drop(global);
    assert_eq!(reachable(&scope), HashSet::new());
    assert_eq!(ids(&scope), HashSet::from([1, 2]));
}

#[test]
fn what_was_dead_may_live_on() {
    // An object that nothing refers to any more is an object until it is collected: what finds it may keep it.
    for marking in [false, true] {
        let builder = Isolate::builder().classes(&CLASSES).verify(true);
        let mut isolate = if marking { builder.stress_marking() } else { builder }.build().unwrap();
        let mut scope = isolate.enter();
        for place in PLACES {
            {
                let mut inner = scope.nested();
                let next = circle(&mut inner, 1, None).upcast::<Shape>();
                let init = ShapeInit { id: 2, next, weak: Nil };
                Shape::try_new_in(&mut inner, place, init).unwrap();
            }
            let found = scope.heap_objects().instances_of::<Shape>().find(|shape| shape.id() == 2).unwrap();
            let handle = scope.handle(found);
            for kind in [CollectionKind::Young, CollectionKind::Young, CollectionKind::Full] {
                scope.collect(kind);
                assert_eq!(handle.get(&scope).next().unwrap().id(), 1);
            }
        }
    }
}

/// An element that looks at the heap while the object it is for is being made.
#[derive(Clone, Copy)]
struct Looking<'a, 'r, 's>(&'a Reservation<'r, 's>, &'a std::cell::Cell<usize>);

impl heapwright::IntoSmi for Looking<'_, '_, '_> {
    fn into_smi(self) -> Smi {
        self.1.set(self.0.heap_objects().instances_of::<Numbers>().count());
        smi(9)
    }
}

#[test]
fn an_object_being_made_is_stepped_over() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let memory = scope.reserve(4096).unwrap();
    let seen = std::cell::Cell::new(usize::MAX);
    for before in 0..5 {
        // An iterator from before the object is made goes on after it is.
        let mut early = memory.heap_objects().instances_of::<Numbers>();
        assert_eq!(early.next().is_some(), before > 0);
        let made = Numbers::new_reserved(&memory, NumbersInit { numbers: &[Looking(&memory, &seen); 3] });
        assert_eq!(seen.get(), before);
        assert_eq!(memory.heap_objects().instances_of::<Numbers>().count(), before + 1);
        assert!(early.all(|object| !core::ptr::eq(object, made) && object.numbers(2) == 9));
    }
    let panicked = heapwright_tests::panic_message(|| {
        #[derive(Clone, Copy)]
        struct Bomb;
        impl heapwright::IntoSmi for Bomb {
            fn into_smi(self) -> Smi {
                panic!("half an object")
            }
        }
        Numbers::new_reserved(&memory, NumbersInit { numbers: &[Bomb; 3] });
    });
    assert_eq!(panicked, "half an object");
    assert_eq!(memory.heap_objects().instances_of::<Numbers>().count(), 5);
}
