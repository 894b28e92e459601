//! Copies: of what, where to, and what must not be copied.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::{CopyError, HeapClass, Map, MapInit, SpaceId, prelude::*};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[heap_object(copy, open)]
pub struct Shape {
    colour: u32,
    padding: OptionalPadding<4>,
    #[constant]
    name: Smi,
    next: Tagged<Option<Shape>>,
    friend: Weak<Shape>,
}

#[heap_object(extends = Shape, copy)]
pub struct Polygon {
    #[constant]
    length: Smi,
    #[length = length]
    corners: [Tagged<Any>],
}

/// Below a class that may be copied, and may not itself.
#[heap_object(extends = Shape)]
pub struct Unique {
    number: Smi,
}

/// Has no instances, but its kinds may be copied through it.
#[heap_object(abstract, copy)]
pub struct Value {}

#[heap_object(extends = Value, copy)]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    bytes: [u8],
}

#[heap_object(extends = Map, open)]
pub struct RichMap {
    extra: Tagged<Any>,
}

heap_classes! { static CLASSES = [Shape, Polygon, Unique, Value, Bytes, RichMap]; }

const YOUNG: AllocationType = AllocationType::Young;
const OLD: AllocationType = AllocationType::Old;

fn isolate() -> Isolate {
    Isolate::builder().classes(&CLASSES).verify(true).build().unwrap()
}

fn shape(name: i32) -> ShapeInit<Nil, Nil> {
    ShapeInit { colour: 0xff, name, next: Nil, friend: Nil }
}

#[test]
fn a_copy_has_the_same_fields_and_a_life_of_its_own() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let end = Shape::new(&mut scope, shape(2));
    let init = ShapeInit { colour: 7, name: 1, next: end, friend: end };
    let source = Shape::new(&mut scope, init);
    for allocation in [YOUNG, OLD] {
        let copy = Shape::try_copy_in(&mut scope, allocation, source).unwrap();
        assert_eq!(copy.get(&scope).space() == SpaceId::Old, allocation == OLD);
        for kind in [CollectionKind::Young, CollectionKind::Full, CollectionKind::Young] {
            let (copy, source, end) = (copy.get(&scope), source.get(&scope), end.get(&scope));
            assert!(!core::ptr::eq(copy, source));
            assert_eq!((copy.colour(), copy.name()), (7, 1));
            assert!(core::ptr::eq(copy.next().unwrap(), end) && core::ptr::eq(copy.friend().unwrap(), end));
            assert!(core::ptr::eq(copy.map(), source.map()));
            scope.collect(kind);
        }
        copy.get(&scope).set_colour(9);
        copy.get(&scope).set_next(Nil);
        assert_eq!(source.get(&scope).colour(), 7);
        assert!(source.get(&scope).next().is_some());
    }
    scope.verify().unwrap();
}

/// An old copy refers to what is young: remembered, strong and weak, or the collection loses it.
#[test]
fn an_old_copy_of_young_references_is_remembered() {
    for (corners, space) in [(3, SpaceId::Old), (60_000, SpaceId::LargeObject)] {
        let mut isolate = isolate();
        let mut scope = isolate.enter();
        let copy = {
            let (mut inner, escape) = scope.escapable();
            let young = Shape::new(&mut inner, shape(5));
            let parent = ShapeInit { colour: 0, name: 1, next: young, friend: young };
            let source = Polygon::new(&mut inner, PolygonInit { parent, corners: Filled::new(young, corners) });
            let copy = Polygon::try_copy_in(&mut inner, OLD, source).unwrap();
            escape.escape(&inner, copy)
        };
        assert_eq!(copy.get(&scope).space(), space);
        scope.verify().unwrap();
        for kind in [CollectionKind::Young, CollectionKind::Young, CollectionKind::Full] {
            scope.collect(kind);
            let copy = copy.get(&scope);
            assert_eq!((copy.corners_len(), copy.friend().unwrap().name()), (corners, 5));
            assert_eq!(copy.corners(corners - 1).cast::<Shape>().name(), 5);
            assert!(core::ptr::eq(copy.next().unwrap(), copy.friend().unwrap()));
        }
        copy.get(&scope).set_next(Nil);
        for i in 0..corners {
            copy.get(&scope).set_corners(i, smi(0));
        }
        scope.collect(CollectionKind::Full);
        assert!(copy.get(&scope).friend().is_none(), "weak in the copy too");
    }
}

#[test]
fn elements_of_every_size_come_along() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    for len in [0, 1, 3, 4, 5, 1000, 32_768, 40_000, 131_072, 500_000] {
        let bytes: Vec<u8> = (0..len).map(|i| (i * 7 % 251) as u8).collect();
        let source = Bytes::new(&mut scope, BytesInit { parent: (), bytes: &bytes });
        let copy = Bytes::copy(&mut scope, source);
        scope.collect(CollectionKind::Full);
        assert!(copy.get(&scope).bytes_iter().eq(bytes.iter().copied()), "{len}");
    }
}

#[test]
fn an_object_of_a_class_below_is_copied_whole_or_not_at_all() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let polygon = Polygon::new(&mut scope, PolygonInit { parent: shape(3), corners: &[smi(1), smi(2)] });
    let copy = Shape::copy(&mut scope, polygon.upcast());
    let copy = copy.get(&scope).cast::<Polygon>();
    assert_eq!((copy.name(), copy.corners_len(), copy.corners(1).as_smi()), (3, 2, Some(2)));

    let unique = Unique::new(&mut scope, UniqueInit { parent: shape(4), number: 1 });
    let error = Shape::try_copy(&mut scope, unique.upcast()).unwrap_err();
    assert!(matches!(error, CopyError::NotCopy { class } if class == Unique::CLASS), "{error}");
    assert!(error.to_string().contains("Unique"), "{error}");
    let panic = catch_unwind(AssertUnwindSafe(|| Shape::copy(&mut scope, unique.upcast()).get(&scope).name()));
    assert!(panic.is_err());

    let bytes = Bytes::new(&mut scope, BytesInit { parent: (), bytes: &[1, 2] });
    let copy = Value::copy(&mut scope, bytes.upcast());
    assert!(copy.get(&scope).is::<Bytes>());
    scope.verify().unwrap();
}

#[test]
fn the_map_of_a_hidden_class_is_kept() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let parent: MapInit = scope.map_init::<Shape>();
    let map = RichMap::new(&mut scope, RichMapInit { parent, extra: smi(11) });
    let source = scope.try_new_with_map::<Shape, _, _>(YOUNG, map, shape(1)).unwrap();
    let copy = Shape::copy(&mut scope, source);
    scope.collect(CollectionKind::Full);
    assert!(core::ptr::eq(copy.get(&scope).map(), map.get(&scope).upcast::<Map>()));
}

#[test]
fn copies_are_right_under_stress() {
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        let mut isolate = Isolate::builder().classes(&CLASSES).verify(true).stress(1, kind).build().unwrap();
        let mut scope = isolate.enter();
        let mut last = Shape::new(&mut scope, shape(0));
        for i in 1..60 {
            let allocation = if i % 3 == 0 { OLD } else { YOUNG };
            let copy = Shape::try_copy_in(&mut scope, allocation, last).unwrap();
            copy.get(&scope).set_next(last);
            copy.get(&scope).set_friend(last);
            copy.get(&scope).set_colour(i);
            last = copy;
        }
        let line = core::iter::successors(Some(last.get(&scope)), |shape| shape.next());
        assert!(line.map(|shape| shape.colour()).eq((1..60).rev().chain([0xff])));
    }
}

#[test]
fn a_copy_is_never_read_only_and_a_failure_leaves_the_heap_whole() {
    let mut isolate = Isolate::builder().classes(&CLASSES).max_heap_size(16 << 20).build().unwrap();
    let mut scope = isolate.enter();
    let source = Bytes::new(&mut scope, BytesInit { parent: (), bytes: Filled::new(1, 5 << 20) });
    let panic =
        catch_unwind(AssertUnwindSafe(|| Bytes::try_copy_in(&mut scope, AllocationType::ReadOnly, source).is_ok()));
    assert!(panic.is_err());
    let copy = Bytes::try_copy(&mut scope, source).unwrap();
    let error = Bytes::try_copy(&mut scope, source).unwrap_err();
    assert!(matches!(error, CopyError::OutOfMemory(_)), "{error}");
    assert_eq!(copy.get(&scope).bytes_len(), 5 << 20);
    scope.verify().unwrap();
}
