//! Weak references: where the holder lies, where the referent lies, who dies, who moves first.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::stress::Mode;
use heapwright::{IsolateBuilder, SpaceId, heap_roots, prelude::*};

#[heap_object]
pub struct Node {
    value: Smi,
    next: Tagged<Option<Node>>,
    weak: Weak<Node>,
}

#[heap_object]
pub struct WeakArray {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Weak<Node>],
}

/// Large enough that its instances can be made large: a node with a tail.
#[heap_object]
pub struct Bulk {
    weak: Weak<Node>,
    back: Weak<Bulk>,
    #[constant]
    length: Smi,
    #[length = length]
    bytes: [u8],
}

/// A holder of weak references to bulky things.
#[heap_object]
pub struct Holder {
    weak: Weak<Bulk>,
}

#[heap_object]
pub struct Stone {
    #[constant]
    value: Smi,
}

#[heap_object]
pub struct Setting {
    stone: Weak<Stone>,
}

heap_classes! { pub static CLASSES = [Node, WeakArray, Bulk, Holder, Stone, Setting]; }

heap_roots! {
    pub static ROOTS, keys in root, getters in Roots, set up by set_up;
    stone: Stone,
}

fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let stone = Stone::try_new_in(scope, AllocationType::ReadOnly, StoneInit { value: 77 })?;
    scope.set_root(root::stone, stone);
    Ok(())
}

fn builder() -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES).roots(&ROOTS).verify(true)
}

fn isolate() -> Isolate {
    builder().build().unwrap()
}

fn node(value: i32) -> NodeInit<Nil, Nil> {
    NodeInit { value, next: Nil, weak: Nil }
}

const YOUNG: AllocationType = AllocationType::Young;
const OLD: AllocationType = AllocationType::Old;
const LARGE: usize = 200_000;

fn bulk(bytes: usize) -> BulkInit<Nil, Nil, Filled<u8>> {
    BulkInit { weak: Nil, back: Nil, bytes: Filled::new(7, bytes) }
}

/// Young, old and large holders of young, old and large referents, which die or live on.
#[test]
fn every_place_of_holder_and_referent() {
    let places = [(YOUNG, 10), (OLD, 10), (YOUNG, LARGE)];
    for (holder_in, holder_bytes) in places {
        for (referent_in, referent_bytes) in places {
            for lives in [true, false] {
                for set_late in [true, false] {
                    // Otherwise what was born young is old when it looks.
                    let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
                    let mut scope = isolate.enter();
                    let holder = Bulk::try_new_in(&mut scope, holder_in, bulk(holder_bytes)).unwrap();
                    let kept = {
                        let (mut inner, escape) = scope.escapable();
                        let referent = Bulk::try_new_in(&mut inner, referent_in, bulk(referent_bytes)).unwrap();
                        referent.get(&inner).set_back(referent);
                        if set_late {
                            holder.get(&inner).set_back(referent);
                        } else {
                            let init = BulkInit { weak: Nil, back: referent, bytes: Filled::new(1, holder_bytes) };
                            let new = Bulk::try_new_in(&mut inner, holder_in, init).unwrap();
                            let new = escape.escape(&inner, new);
                            drop(inner);
                            check(&mut scope, new, None, (referent_in, referent_bytes), false);
                            continue;
                        }
                        lives.then(|| escape.escape(&inner, referent))
                    };
                    check(&mut scope, holder, kept, (referent_in, referent_bytes), lives);
                }
            }
        }
    }

    fn check(
        scope: &mut HandleScope<'_>,
        holder: Handle<'_, Bulk>,
        kept: Option<Handle<'_, Bulk>>,
        (place, bytes): (AllocationType, usize),
        lives: bool,
    ) {
        for round in 0..4 {
            scope.collect(CollectionKind::Young);
            let referent = holder.get(scope).back();
            if lives {
                let referent = referent.expect("it lives");
                assert!(core::ptr::eq(referent, kept.unwrap().get(scope)));
                assert!(core::ptr::eq(referent.back().unwrap(), referent));
                assert_eq!((referent.bytes_len(), referent.bytes(bytes - 1)), (bytes, 7));
            } else if place == YOUNG {
                assert!(referent.is_none(), "the dead are cleared in round {round}");
            } else {
                let referent = referent.expect("young collections do not look at old objects");
                assert_eq!(referent.bytes(bytes - 1), 7);
            }
        }
        for _ in 0..2 {
            scope.collect(CollectionKind::Full);
            assert_eq!(holder.get(scope).back().is_some(), lives);
        }
    }
}

#[test]
fn the_referent_moves_first() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let referent = Node::new(&mut scope, node(5));
    scope.collect(CollectionKind::Young);
    let holder = Node::new(&mut scope, NodeInit { value: 1, next: Nil, weak: referent });
    for (holder_in, referent_in) in
        [(SpaceId::New, SpaceId::Old), (SpaceId::Old, SpaceId::Old), (SpaceId::Old, SpaceId::Old)]
    {
        scope.collect(CollectionKind::Young);
        assert_eq!(holder.get(&scope).as_heap_object().space(), holder_in);
        assert_eq!(referent.get(&scope).as_heap_object().space(), referent_in);
        assert_eq!(holder.get(&scope).weak().unwrap().value(), 5);
    }
}

#[test]
fn the_holder_is_promoted_and_its_young_referent_moves_and_dies_after_it() {
    for lives in [true, false] {
        let mut isolate = isolate();
        let mut scope = isolate.enter();
        let holder = Node::new(&mut scope, node(1));
        scope.collect(CollectionKind::Young);
        let mut inner = scope.nested();
        let referent = Node::new(&mut inner, node(6));
        holder.get(&inner).set_weak(referent);
        inner.collect(CollectionKind::Young);
        assert_eq!(holder.get(&inner).as_heap_object().space(), SpaceId::Old);
        assert_eq!(referent.get(&inner).as_heap_object().space(), SpaceId::New);
        assert_eq!(holder.get(&inner).weak().unwrap().value(), 6);
        if lives {
            inner.collect(CollectionKind::Young);
            assert_eq!(referent.get(&inner).as_heap_object().space(), SpaceId::Old);
            assert_eq!(holder.get(&inner).weak().unwrap().value(), 6);
            drop(inner);
            scope.collect(CollectionKind::Young);
            assert!(holder.get(&scope).weak().is_some(), "an old referent waits for a full collection");
            scope.collect(CollectionKind::Full);
        } else {
            drop(inner);
            scope.collect(CollectionKind::Young);
        }
        assert!(holder.get(&scope).weak().is_none());
    }
}

#[test]
fn the_holder_dies() {
    for place in [YOUNG, OLD] {
        let mut isolate = isolate();
        let mut scope = isolate.enter();
        let referent = Node::new(&mut scope, node(3));
        {
            let mut inner = scope.nested();
            for _ in 0..100 {
                let init = NodeInit { value: 0, next: Nil, weak: referent };
                Node::try_new_in(&mut inner, place, init).unwrap();
            }
        }
        for kind in [CollectionKind::Young, CollectionKind::Full, CollectionKind::Young, CollectionKind::Full] {
            scope.collect(kind);
            assert_eq!(referent.get(&scope).value(), 3);
        }
    }
}

#[test]
fn a_cleared_reference_stays_cleared_and_can_be_set_again() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let holder = Node::try_new_in(&mut scope, OLD, node(0)).unwrap();
    for round in 0..10 {
        let mut inner = scope.nested();
        let referent = Node::new(&mut inner, node(round));
        holder.get(&inner).set_weak(referent);
        inner.collect(CollectionKind::Young);
        assert_eq!(holder.get(&inner).weak().unwrap().value(), round);
        drop(inner);
        scope.collect(CollectionKind::Young);
        assert!(holder.get(&scope).weak().is_none());
        scope.collect(CollectionKind::Full);
        assert!(holder.get(&scope).weak().is_none());
    }
}

#[test]
fn a_store_of_nil_and_an_overwrite_are_not_undone() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let holder = Node::try_new_in(&mut scope, OLD, node(0)).unwrap();
    let [a, b] = [1, 2].map(|value| Node::new(&mut scope, node(value)));
    holder.get(&scope).set_weak(a);
    holder.get(&scope).set_weak(Nil);
    scope.collect(CollectionKind::Young);
    assert!(holder.get(&scope).weak().is_none());
    holder.get(&scope).set_weak(a);
    holder.get(&scope).set_weak(Some(b));
    scope.collect(CollectionKind::Young);
    assert_eq!(holder.get(&scope).weak().unwrap().value(), 2);
    holder.get(&scope).set_weak(None::<Handle<'_, Node>>);
    scope.collect(CollectionKind::Full);
    assert!(holder.get(&scope).weak().is_none());
}

#[test]
fn cycles_through_weak_references_die() {
    for place in [YOUNG, OLD] {
        let mut isolate = isolate();
        let mut scope = isolate.enter();
        let watch = {
            let mut inner = scope.nested();
            let a = Node::try_new_in(&mut inner, place, node(1)).unwrap();
            let b = Node::try_new_in(&mut inner, place, node(2)).unwrap();
            a.get(&inner).set_next(b);
            a.get(&inner).set_weak(a);
            b.get(&inner).set_next(a);
            b.get(&inner).set_weak(a);
            [WeakGlobal::new(&inner, a), WeakGlobal::new(&inner, b)]
        };
        assert!(watch.iter().all(|w| w.get(&scope).is_some()));
        scope.collect(CollectionKind::Full);
        assert!(watch.iter().all(|w| w.get(&scope).is_none()));
    }
}

#[test]
fn what_is_read_from_a_weak_reference_and_stored_lives_on() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let holder = Node::try_new_in(&mut scope, OLD, node(0)).unwrap();
    {
        let mut inner = scope.nested();
        let tail = Node::try_new_in(&mut inner, OLD, node(2)).unwrap();
        let head = NodeInit { value: 1, next: tail, weak: tail };
        let head = Node::try_new_in(&mut inner, OLD, head).unwrap();
        holder.get(&inner).set_weak(head);
    }
    // Dead, but not yet found out: a young collection keeps it.
    scope.collect(CollectionKind::Young);
    let raw = holder.get(&scope);
    raw.set_next(raw.weak());
    for kind in [CollectionKind::Young, CollectionKind::Full, CollectionKind::Full] {
        scope.collect(kind);
        let head = holder.get(&scope).weak().unwrap();
        assert!(core::ptr::eq(head, holder.get(&scope).next().unwrap()));
        assert_eq!((head.value(), head.next().unwrap().value(), head.weak().unwrap().value()), (1, 2, 2));
    }
    holder.get(&scope).set_next(Nil);
    scope.collect(CollectionKind::Full);
    assert!(holder.get(&scope).weak().is_none());
}

#[test]
fn tails_are_cleared_element_by_element() {
    for (place, length) in [(YOUNG, 1000), (OLD, 1000), (OLD, 20_000), (YOUNG, 150_000)] {
        let mut isolate = isolate();
        let mut scope = isolate.enter();
        let array = WeakArray::try_new_in(&mut scope, place, WeakArrayInit { elements: Filled::new(Nil, length) });
        let array = array.unwrap();
        let step = length / 100;
        let mut kept = Vec::new();
        for i in 0..100 {
            if i % 3 == 2 {
                let mut inner = scope.nested();
                let dead = Node::new(&mut inner, node(i as i32));
                array.get(&inner).set_elements(i * step, dead);
            } else {
                let alive = Node::new(&mut scope, node(i as i32));
                array.get(&scope).set_elements(i * step, alive);
                kept.push(alive);
            }
        }
        // The last element of the last chunk too.
        array.get(&scope).set_elements(length - 1, kept[0]);
        let check = |scope: &HandleScope<'_>| {
            let array = array.get(scope);
            for i in 0..100 {
                let value = array.elements(i * step).map(Node::value);
                assert_eq!(value, (i % 3 != 2).then_some(i as i32), "element {i} of {length} in {place:?}");
            }
            assert_eq!(array.elements(length - 1).unwrap().value(), 0);
            assert_eq!(array.elements_iter().flatten().count(), kept.len() + 1);
        };
        for kind in [CollectionKind::Young, CollectionKind::Young, CollectionKind::Young, CollectionKind::Full] {
            scope.collect(kind);
            check(&scope);
        }
        assert!(kept.iter().all(|k| k.get(&scope).as_heap_object().space() == SpaceId::Old));
    }
}

#[test]
fn a_weak_tail_is_made_from_handles_and_options_of_them() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let nodes: Vec<_> = (0..50).map(|value| Node::new(&mut scope, node(value))).collect();
    for place in [YOUNG, OLD] {
        let all = WeakArray::try_new_in(&mut scope, place, WeakArrayInit { elements: &nodes }).unwrap();
        let some: Vec<_> = nodes.iter().map(|n| (n.get(&scope).value() % 2 == 0).then_some(*n)).collect();
        let some = WeakArray::try_new_in(&mut scope, place, WeakArrayInit { elements: &some }).unwrap();
        for kind in [CollectionKind::Young, CollectionKind::Full] {
            scope.collect(kind);
            let values: Vec<_> = all.get(&scope).elements_iter().flatten().map(Node::value).collect();
            assert_eq!(values, (0..50).collect::<Vec<_>>());
            let values: Vec<_> = some.get(&scope).elements_iter().map(|n| n.map(Node::value)).collect();
            assert_eq!(values, (0..50).map(|i| (i % 2 == 0).then_some(i)).collect::<Vec<_>>());
        }
    }
}

#[test]
fn weak_globals() {
    // Otherwise what was born young is old when it looks.
    let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
    let mut watches = Vec::new();
    {
        let mut scope = isolate.enter();
        for (i, place) in [YOUNG, OLD, YOUNG, OLD].into_iter().enumerate() {
            let mut inner = scope.nested();
            let object = Node::try_new_in(&mut inner, place, node(i as i32)).unwrap();
            let keep = (i >= 2).then(|| Global::new(&inner, object));
            let watch = WeakGlobal::new(&inner, object);
            watches.push((place, keep, watch.clone(), watch));
        }
    }
    // No scope was needed to keep them.
    let mut scope = isolate.enter();
    scope.collect(CollectionKind::Young);
    for (i, (place, keep, first, second)) in watches.iter().enumerate() {
        let expected = keep.is_some() || *place == OLD;
        for watch in [first, second] {
            assert_eq!(watch.get(&scope).map(Node::value), expected.then_some(i as i32));
        }
    }
    scope.collect(CollectionKind::Full);
    for (_, keep, first, second) in &watches {
        for watch in [first, second] {
            assert_eq!(watch.get(&scope).is_some(), keep.is_some());
        }
    }
    for (_, keep, ..) in &mut watches {
        *keep = None;
    }
    scope.collect(CollectionKind::Full);
    assert!(watches.iter().all(|(_, _, first, second)| first.get(&scope).is_none() && second.get(&scope).is_none()));
}

#[test]
fn weak_globals_by_the_thousand_are_reused_and_never_mixed_up() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let mut watches: Vec<(i32, Option<Global<Node>>, WeakGlobal<Node>)> = Vec::new();
    for round in 0..20 {
        for i in 0..200 {
            let mut inner = scope.nested();
            let value = round * 1000 + i;
            let object = Node::new(&mut inner, node(value));
            let keep = (i % 4 == 0).then(|| Global::new(&inner, object));
            watches.push((value, keep, WeakGlobal::new(&inner, object)));
        }
        scope.collect(if round % 5 == 4 { CollectionKind::Full } else { CollectionKind::Young });
        for (value, keep, watch) in &watches {
            assert_eq!(watch.get(&scope).map(Node::value), keep.as_ref().map(|_| *value));
            assert!(keep.as_ref().is_none_or(|keep| keep.get(&scope).value() == *value));
        }
        let mut index = 0;
        watches.retain(|_| {
            index += 1;
            index % 3 != 0
        });
    }
}

#[test]
fn weak_globals_know_their_isolate_and_outlive_it() {
    let mut first = isolate();
    let watch = {
        let mut scope = first.enter();
        let object = Node::new(&mut scope, node(1));
        WeakGlobal::new(&scope, object)
    };
    let mut second = isolate();
    let error = watch.try_get(&second.enter()).unwrap_err();
    assert_eq!((error.global, error.entered), (first.id(), second.id()));
    drop(first);
    assert!(watch.try_get(&second.enter()).is_err());
    drop(watch);
}

#[test]
fn read_only_referents_are_never_cleared() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let stone = scope.handle(scope.stone());
    let watch = WeakGlobal::new(&scope, stone);
    for place in [YOUNG, OLD] {
        let setting = Setting::try_new_in(&mut scope, place, SettingInit { stone }).unwrap();
        let late = Setting::try_new_in(&mut scope, place, SettingInit { stone: Nil }).unwrap();
        late.get(&scope).set_stone(scope.stone());
        for kind in [CollectionKind::Young, CollectionKind::Full, CollectionKind::Young, CollectionKind::Full] {
            scope.collect(kind);
            for setting in [setting, late] {
                let stone = setting.get(&scope).stone().unwrap();
                assert_eq!((stone.value(), stone.as_heap_object().space()), (77, SpaceId::ReadOnly));
            }
            assert_eq!(watch.get(&scope).unwrap().value(), 77);
        }
    }
}

/// Many collections with holders and referents of all ages: every weak reference is right each time.
#[test]
fn ages_in_all_combinations() {
    // Ages are counted in collections.
    let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    // (holder born, referent born, referent dies) in collections from the start.
    let cases: Vec<(usize, usize, usize)> =
        (0..4).flat_map(|h| (0..4).flat_map(move |r| (r + 1..6).map(move |d| (h, r, d)))).collect();
    let mut holders: Vec<Option<Handle<'_, Node>>> = vec![None; cases.len()];
    let mut referents: Vec<Option<Global<Node>>> = vec![None; cases.len()];
    for now in 0..8 {
        for (i, &(holder_born, born, dies)) in cases.iter().enumerate() {
            if now == holder_born {
                holders[i] = Some(Node::new(&mut scope, node(i as i32)));
            }
            if now == born {
                let mut inner = scope.nested();
                let referent = Node::new(&mut inner, node(i as i32));
                referents[i] = Some(Global::new(&inner, referent));
            }
            if now == dies {
                referents[i] = None;
            }
            if now == holder_born.max(born)
                && let (Some(holder), Some(referent)) = (holders[i], &referents[i])
            {
                holder.get(&scope).set_weak(referent.get(&scope));
            }
        }
        scope.collect(CollectionKind::Young);
        for (i, &(holder_born, born, dies)) in cases.iter().enumerate() {
            let Some(holder) = holders[i] else { continue };
            let was_set = now >= holder_born.max(born) && holder_born.max(born) < dies;
            // A referent that survived two collections is old and stays until a full one.
            let is_gone = now >= dies && dies - born < 2;
            let value = holder.get(&scope).weak().map(Node::value);
            assert_eq!(value, (was_set && !is_gone).then_some(i as i32), "case {:?} at {now}", cases[i]);
        }
    }
    scope.collect(CollectionKind::Full);
    for (i, &(holder_born, ..)) in cases.iter().enumerate() {
        assert!(holders[i].is_some() && holder_born < 4);
        assert!(holders[i].unwrap().get(&scope).weak().is_none());
    }
}
