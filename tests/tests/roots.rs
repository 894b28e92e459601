//! Root tables: their setup, what they keep alive, and what goes wrong without.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::{IsolateError, OutOfMemoryReason, SpaceId, heap_roots, prelude::*};
use heapwright_tests::panic_message;

#[heap_object]
pub struct Counter {
    hits: Smi,
    next: Tagged<Option<Counter>>,
}

#[heap_object]
pub struct Stone {
    #[constant]
    value: Smi,
    #[constant]
    below: Tagged<Option<Stone>>,
}

#[heap_object]
pub struct Engraving {
    #[constant]
    what: Tagged<Any>,
    #[constant]
    length: Smi,
    #[constant]
    #[length = length]
    text: [u8],
}

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

heap_classes! { pub static CLASSES = [Counter, Stone, Engraving, Bytes]; }

heap_roots! {
    /// The first table.
    pub static BASE, keys in base, getters in BaseRoots, set up by set_up_base;
    /// The lowest stone.
    bedrock: Stone,
    /// On top of it.
    boulder: Stone,
    text: Engraving,
    number: Any,
}

fn set_up_base(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let read_only = AllocationType::ReadOnly;
    let bedrock = Stone::try_new_in(scope, read_only, StoneInit { value: 1, below: Nil })?;
    scope.set_root(base::bedrock, bedrock);
    let boulder = Stone::try_new_in(scope, read_only, StoneInit { value: 2, below: bedrock })?;
    scope.set_root(base::boulder, boulder);
    let text = Engraving::try_new_in(scope, read_only, EngravingInit { what: boulder, text: b"hic" })?;
    scope.set_root(base::text, text);
    scope.set_root(base::number, smi(-3));
    Ok(())
}

heap_roots! {
    /// The second, which needs the first.
    pub static UPPER, keys in upper, getters in UpperRoots, set up by set_up_upper;
    counter: Counter,
    maybe: Option<Counter>,
    either: (Counter, Smi),
}

fn set_up_upper(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let hits = scope.bedrock().value() * 100;
    let counter = Counter::try_new(scope, CounterInit { hits, next: Nil })?;
    scope.set_root(upper::counter, counter);
    scope.set_root(upper::maybe, Nil);
    scope.set_root(upper::either, smi(8));
    Ok(())
}

#[test]
fn tables_are_set_up_in_order_and_survive_collections() {
    for stress in [false, true] {
        let mut builder = Isolate::builder().classes(&CLASSES).roots(&BASE).roots(&UPPER).verify(true);
        if stress {
            builder = builder.stress(1, CollectionKind::Young);
        }
        let mut isolate = builder.build().unwrap();
        for round in 0..3 {
            let mut scope = isolate.enter();
            assert_eq!(scope.handle_count(), 0, "setup leaves no handle behind");
            for kind in [CollectionKind::Young, CollectionKind::Full] {
                scope.collect(kind);
                assert_eq!((scope.bedrock().value(), scope.boulder().value()), (1, 2));
                assert!(core::ptr::eq(scope.boulder().below().unwrap(), scope.bedrock()));
                assert!(core::ptr::eq(scope.text().what().cast::<Stone>(), scope.boulder()));
                assert_eq!(scope.text().text_slice(), b"hic");
                assert_eq!(scope.number().as_smi(), Some(-3));
                assert_eq!(scope.counter().hits(), 100 + round);
                assert!(scope.maybe().is_none());
                assert_eq!(scope.either().as_smi(), Some(8));
            }
            scope.counter().set_hits(101 + round);
        }
    }
}

#[test]
fn read_only_roots_lie_in_read_only_space() {
    let mut isolate = Isolate::builder().classes(&CLASSES).roots(&BASE).build().unwrap();
    let mut scope = isolate.enter();
    let addresses = |scope: &HandleScope<'_>| {
        assert_eq!(scope.bedrock().as_heap_object().space(), SpaceId::ReadOnly);
        assert_eq!(scope.text().as_heap_object().space(), SpaceId::ReadOnly);
        (scope.bedrock().as_heap_object().address(), scope.text().as_heap_object().address())
    };
    let before = addresses(&scope);
    scope.collect(CollectionKind::Full);
    assert_eq!(addresses(&scope), before);
    let (_, space) = scope.statistics().spaces.into_iter().find(|(id, _)| *id == SpaceId::ReadOnly).unwrap();
    assert_eq!(space.chunks, 1);
    let expected = 2 * Stone::SIZE + Engraving::size_for(3);
    assert_eq!(space.used, expected);
}

#[test]
fn objects_refer_to_read_only_objects_and_keep_nothing() {
    let mut isolate = Isolate::builder().classes(&CLASSES).roots(&BASE).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    for place in [AllocationType::Young, AllocationType::Old] {
        let bedrock = scope.handle(scope.bedrock());
        let above = Stone::try_new_in(&mut scope, place, StoneInit { value: 9, below: bedrock }).unwrap();
        for kind in [CollectionKind::Young, CollectionKind::Full, CollectionKind::Young] {
            scope.collect(kind);
            assert!(core::ptr::eq(above.get(&scope).below().unwrap(), scope.bedrock()));
        }
    }
}

#[test]
fn a_root_can_be_given_another_value() {
    let mut isolate = Isolate::builder().classes(&CLASSES).roots(&BASE).roots(&UPPER).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let watch = {
        let mut inner = scope.nested();
        let old = inner.handle(inner.counter());
        let watch = WeakGlobal::new(&inner, old);
        let new = Counter::new(&mut inner, CounterInit { hits: 7, next: Nil });
        inner.set_root(upper::counter, new);
        inner.set_root(upper::maybe, new);
        inner.set_root(upper::either, new);
        watch
    };
    scope.collect(CollectionKind::Young);
    assert!(core::ptr::eq(scope.counter(), scope.maybe().unwrap()));
    assert!(core::ptr::eq(scope.counter(), scope.either().cast::<Counter>()));
    scope.collect(CollectionKind::Full);
    assert_eq!(scope.counter().hits(), 7);
    assert!(watch.get(&scope).is_none(), "the old value is no root any more");
}

#[test]
fn a_table_given_twice_is_set_up_once() {
    let builder = Isolate::builder().classes(&CLASSES).classes(&CLASSES).roots(&BASE).roots(&BASE);
    let mut isolate = builder.build().unwrap();
    let scope = isolate.enter();
    let stones = scope.class_statistics().iter().find(|c| c.class.name() == "Stone").unwrap().objects;
    assert_eq!(stones, 2);
    assert_eq!((BASE.name(), BASE.roots()), ("BASE", &["bedrock", "boulder", "text", "number"][..]));
    assert_eq!(base::boulder.name(), "boulder");
}

#[test]
fn each_isolate_has_its_own_roots() {
    let build = || Isolate::builder().classes(&CLASSES).roots(&BASE).roots(&UPPER).build().unwrap();
    let (mut first, mut second) = (build(), build());
    first.enter().counter().set_hits(1);
    second.enter().counter().set_hits(2);
    assert_eq!(first.enter().counter().hits(), 1);
    assert_eq!(second.enter().counter().hits(), 2);
}

#[test]
fn a_root_of_a_table_that_was_not_given_panics() {
    let mut isolate = Isolate::builder().classes(&CLASSES).roots(&BASE).build().unwrap();
    let scope = isolate.enter();
    let message = panic_message(|| scope.counter().hits());
    assert!(message.contains("root `counter` of `UPPER` has no value"), "{message}");
    assert!(panic_message(|| scope.set_root(upper::maybe, Nil)).contains("root `maybe` of `UPPER`"));
    assert_eq!(scope.bedrock().value(), 1);
}

#[test]
fn the_wrong_order_panics_at_the_root_that_is_missing_and_leaves_the_thread_free() {
    let builder = Isolate::builder().classes(&CLASSES).roots(&UPPER).roots(&BASE);
    let message = panic_message(|| builder.build());
    assert!(message.contains("root `bedrock` of `BASE` has no value"), "{message}");
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    drop(isolate.try_enter().unwrap());
}

heap_roots! {
    pub static LAZY, keys in lazy, getters in LazyRoots, set up by set_up_lazily;
    done: Counter,
    forgotten: Counter,
}

fn set_up_lazily(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let counter = Counter::try_new(scope, CounterInit { hits: 0, next: Nil })?;
    scope.set_root(lazy::done, counter);
    assert!(panic_message(|| scope.forgotten().hits()).contains("root `forgotten` of `LAZY` has no value"));
    Ok(())
}

#[test]
fn a_root_that_setup_forgets_is_an_error_that_names_it() {
    match Isolate::builder().classes(&CLASSES).roots(&LAZY).build() {
        Err(error @ IsolateError::RootNotSet { table: "LAZY", root: "forgotten" }) => {
            assert!(error.to_string().contains("`forgotten` of `LAZY`"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    // Nothing stays entered.
    drop(Isolate::builder().build().unwrap());
}

heap_roots! {
    pub static GREEDY, keys in greedy, getters in GreedyRoots, set up by set_up_greedily;
    all: Bytes,
}

fn set_up_greedily(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let all = Bytes::try_new(scope, BytesInit { data: Filled::new(0, 20 << 20) })?;
    scope.set_root(greedy::all, all);
    Ok(())
}

#[test]
fn a_setup_without_memory_is_an_error_with_numbers() {
    match Isolate::builder().classes(&CLASSES).roots(&GREEDY).max_heap_size(8 << 20).build() {
        Err(IsolateError::OutOfMemory(error)) => {
            assert_eq!((error.requested, error.space), (Bytes::size_for(20 << 20), SpaceId::NewLargeObject));
            assert!(matches!(error.reason, OutOfMemoryReason::HeapLimit { limit, .. } if limit == 8 << 20));
        }
        other => panic!("{other:?}"),
    }
    drop(Isolate::builder().build().unwrap());
}

heap_roots! {
    pub static MUTABLE, keys in mutable, getters in MutableRoots, set up by set_up_mutable;
    counter_in_stone: Counter,
}

fn set_up_mutable(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let read_only = AllocationType::ReadOnly;
    let message = panic_message(|| Counter::try_new_in(scope, read_only, CounterInit { hits: 0, next: Nil }));
    assert!(message.contains("cannot be read-only") && message.contains("setters"), "{message}");
    let counter = Counter::try_new(scope, CounterInit { hits: 0, next: Nil })?;
    let message =
        panic_message(|| Engraving::try_new_in(scope, read_only, EngravingInit { what: counter, text: b"x" }));
    assert!(message.contains("may refer to read-only objects alone"), "{message}");
    // A number is no reference.
    Engraving::try_new_in(scope, read_only, EngravingInit { what: smi(1), text: b"x" })?;
    scope.set_root(mutable::counter_in_stone, counter);
    Ok(())
}

#[test]
fn what_cannot_be_read_only_is_refused() {
    let mut isolate = Isolate::builder().classes(&CLASSES).roots(&MUTABLE).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    scope.collect(CollectionKind::Full);
    scope.verify().unwrap();
    assert_eq!(scope.counter_in_stone().hits(), 0);
    let (_, space) = scope.statistics().spaces.into_iter().find(|(id, _)| *id == SpaceId::ReadOnly).unwrap();
    let objects: usize =
        scope.class_statistics().iter().filter(|c| c.class.name() == "Engraving").map(|c| c.objects).sum();
    assert_eq!((objects, space.used >= Engraving::size_for(1)), (1, true));
}

#[test]
fn after_the_setup_read_only_memory_is_closed() {
    let mut isolate = Isolate::builder().classes(&CLASSES).roots(&BASE).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let used = |scope: &HandleScope<'_>| {
        scope.statistics().spaces.into_iter().find(|(id, _)| *id == SpaceId::ReadOnly).unwrap().1.used
    };
    let before = used(&scope);
    let bedrock = scope.handle(scope.bedrock());
    let stone =
        Stone::try_new_in(&mut scope, AllocationType::ReadOnly, StoneInit { value: 5, below: bedrock }).unwrap();
    assert_eq!(used(&scope), before);
    assert_eq!(stone.get(&scope).as_heap_object().space(), SpaceId::Old);
    scope.collect(CollectionKind::Full);
    assert_eq!(stone.get(&scope).value(), 5);
}

#[test]
fn isolates_with_read_only_objects_come_and_go() {
    for _ in 0..20 {
        let mut isolate = Isolate::builder().classes(&CLASSES).roots(&BASE).build().unwrap();
        assert_eq!(isolate.enter().boulder().value(), 2);
    }
}

fn panics(_: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    panic!("setup gave up")
}

heap_roots! {
    pub static PANICKY, keys in panicky, getters in PanickyRoots, set up by panics;
    never: Counter,
}

#[test]
fn a_setup_that_panics_leaves_the_thread_free() {
    let message = panic_message(|| Isolate::builder().classes(&CLASSES).roots(&PANICKY).build());
    assert_eq!(message, "setup gave up");
    let mut isolate = Isolate::builder().classes(&CLASSES).roots(&UPPER_ALONE).build().unwrap();
    assert!(isolate.enter().single().next().is_none());
}

heap_roots! {
    pub static UPPER_ALONE, keys in alone, getters in AloneRoots, set up by set_up_alone;
    single: Counter,
}

fn set_up_alone(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let counter = Counter::try_new(scope, CounterInit { hits: 0, next: Nil })?;
    scope.set_root(alone::single, counter);
    Ok(())
}
