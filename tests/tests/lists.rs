//! The list macros, from a user's crate: offsets kept by hand, context slots, Smi roots, isolate slots.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use core::cell::Cell;
use heapwright::tagged::TAGGED_SIZE;
use heapwright::{IsolateSlots, context_slots, field_offsets, heap_roots, isolate_slots, prelude::*};
use heapwright_tests::panic_message;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

// Field offsets.

#[heap_object]
pub struct Script {
    source: Tagged<Any>,
    line_offset: Smi,
    flags: u32,
    kind: u8,
    padding: Padding<3>,
    hash: u64,
}

mod script_offsets {
    use super::TAGGED_SIZE;
    heapwright::field_offsets! {
        pub from TAGGED_SIZE, as in super::Script;
        source: TAGGED_SIZE,
        END_OF_STRONG_FIELDS_OFFSET: 0,
        line_offset: TAGGED_SIZE,
        flags: 4,
        kind: size_of::<u8>(),
        #[cfg(any())]
        absent: 100,
        #[cfg(not(any()))]
        tail_padding: 3,
        hash: 8,
        HEADER_SIZE: 0,
    }
}

const NOTHING: usize = 0;

pub struct ByHand;

impl ByHand {
    pub const WIDE: usize = 8;
    field_offsets! {
        pub from script_offsets::HEADER_SIZE;
        /// Three of them.
        words: 3 * TAGGED_SIZE,
        nothing: NOTHING,
        byte: 1,
        odd: 3,
        SIZE: 0,
    }
    field_offsets! {
        from 0;
        from_zero: Self::WIDE,
    }
}

#[test]
fn offsets_kept_by_hand_are_those_of_the_class() {
    assert_eq!(script_offsets::SOURCE_OFFSET, Script::SOURCE_OFFSET);
    assert_eq!(script_offsets::LINE_OFFSET_OFFSET, Script::LINE_OFFSET_OFFSET);
    assert_eq!(script_offsets::END_OF_STRONG_FIELDS_OFFSET, Script::END_OF_STRONG_FIELDS_OFFSET);
    assert_eq!(script_offsets::KIND_OFFSET_END, Script::KIND_OFFSET + 1);
    assert_eq!(script_offsets::TAIL_PADDING_OFFSET, script_offsets::KIND_OFFSET_END);
    assert_eq!((script_offsets::HASH_OFFSET, script_offsets::HASH_OFFSET_END), (Script::HASH_OFFSET, Script::SIZE));
    assert_eq!(script_offsets::HEADER_SIZE, Script::SIZE);
}

#[test]
fn offsets_may_be_constants_of_a_type() {
    let start = script_offsets::HEADER_SIZE;
    assert_eq!((ByHand::WORDS_OFFSET, ByHand::WORDS_OFFSET_END), (start, start + 3 * TAGGED_SIZE));
    assert_eq!((ByHand::NOTHING_OFFSET, ByHand::NOTHING_OFFSET_END), (ByHand::WORDS_OFFSET_END, ByHand::BYTE_OFFSET));
    assert_eq!((ByHand::ODD_OFFSET, ByHand::SIZE), (ByHand::BYTE_OFFSET + 1, start + 3 * TAGGED_SIZE + 4));
    assert_eq!((ByHand::FROM_ZERO_OFFSET, ByHand::FROM_ZERO_OFFSET_END), (0, 8));
}

// Context slots.

#[heap_object]
pub struct Function {
    length: Smi,
}

#[heap_object(open)]
pub struct Realm {
    id: Smi,
}

#[heap_object(extends = Realm)]
pub struct ShadowRealm {
    outer: Tagged<Option<Realm>>,
}

#[heap_object]
pub struct Context {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

context_slots! {
    /// What every context has.
    pub impl Context::elements {
        /// The context outside.
        previous: Option<Context>,
        /// Anything.
        extension: Any,
    }
}

context_slots! {
    /// What a native context has besides.
    pub trait NativeContextSlots for Context::elements[Context::SLOTS_END..] {
        /// The array function.
        array_function: Function,
        #[cfg(any())]
        absent: Function,
        error_count: Smi,
        realm: Realm,
        either: (Function, Smi, Realm),
    }
}

heap_classes! { pub static CLASSES = [Script, Function, Realm, ShadowRealm, Context]; }

type Native = dyn Fn(&Context);

fn with_context(f: &Native) {
    let mut isolate = Isolate::builder().classes(&CLASSES).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let elements = Filled::new(smi(0), <Context as NativeContextSlots>::SLOTS_END);
    let context = Context::new(&mut scope, ContextInit { elements });
    f(context.get(&scope));
}

#[test]
fn slots_are_numbered_in_the_order_of_the_list() {
    assert_eq!((Context::PREVIOUS_INDEX, Context::EXTENSION_INDEX), (0, 1));
    assert_eq!((Context::SLOT_COUNT, Context::SLOTS_END), (2, 2));
    assert_eq!(Context::SLOT_NAMES, ["previous", "extension"]);
    assert_eq!((Context::ARRAY_FUNCTION_INDEX, Context::ERROR_COUNT_INDEX, Context::EITHER_INDEX), (2, 3, 5));
    type Native = Context;
    assert_eq!(<Native as NativeContextSlots>::SLOT_COUNT, 4);
    assert_eq!(<Native as NativeContextSlots>::SLOTS_END, 6);
    assert_eq!(<Native as NativeContextSlots>::SLOT_NAMES, ["array_function", "error_count", "realm", "either"]);
}

#[test]
fn slots_hold_values_of_their_types_through_collections() {
    let mut isolate = Isolate::builder().classes(&CLASSES).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let elements = Filled::new(smi(0), <Context as NativeContextSlots>::SLOTS_END);
    let context = Context::try_new_in(&mut scope, AllocationType::Old, ContextInit { elements }).unwrap();
    let function = Function::new(&mut scope, FunctionInit { length: 2 });
    let shadow = ShadowRealm::new(&mut scope, ShadowRealmInit { parent: RealmInit { id: 5 }, outer: Nil });
    {
        let context = context.get(&scope);
        context.set_array_function(function);
        context.set_realm(shadow.get(&scope));
        context.set_either(shadow);
        context.set_error_count(-4);
        context.set_previous(context);
        context.set_extension(smi(1));
    }
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        scope.collect(kind); // the old context is remembered, or the young objects were lost
        let context = context.get(&scope);
        assert_eq!((context.array_function().length(), context.realm().id(), context.error_count()), (2, 5, -4));
        assert!(context.realm().is::<ShadowRealm>() && context.either().is_exactly::<ShadowRealm>());
        assert!(core::ptr::eq(context.previous().unwrap(), context));
        assert_eq!(context.extension().as_smi(), Some(1));
        assert_eq!(context.try_error_count(), Some(-4));
    }
    let context = context.get(&scope);
    context.set_previous(Nil);
    context.set_either(smi(3));
    context.set_error_count(7_u8);
    assert_eq!(context.error_count(), 7);
    assert!(context.previous().is_none() && context.try_previous().unwrap().is_none());
    assert_eq!(context.either().as_smi(), Some(3));
}

#[test]
fn a_slot_that_is_not_set_is_none_or_a_panic_that_names_it() {
    with_context(&|context| {
        assert!(context.try_array_function().is_none() && context.try_realm().is_none());
        assert_eq!(context.error_count(), 0);
        assert_eq!(context.try_either().and_then(Tagged::as_smi), Some(0));
        let message = panic_message(|| context.array_function().length());
        assert_eq!(message, "slot `array_function` (index 2) is declared Function and holds 0");
        context.set_elements(Context::EITHER_INDEX, context);
        let message = panic_message(|| context.either());
        assert!(
            message.starts_with("slot `either` (index 5) is declared Function | Smi | Realm and holds "),
            "{message}"
        );
        assert!(message.contains("Context"), "{message}");
        context.set_elements(Context::PREVIOUS_INDEX, smi(1));
        assert!(panic_message(|| context.previous()).contains("slot `previous` (index 0)"));
        assert!(context.try_previous().is_none());
    });
}

#[test]
fn a_smi_slot_takes_what_fits_a_smi() {
    with_context(&|context| {
        context.set_error_count(smi(3));
        if cfg!(feature = "pointer-compression") {
            assert!(panic_message(|| context.set_error_count(i32::MAX)).contains("does not fit a Smi"));
            assert_eq!(context.error_count(), 3);
        } else {
            context.set_error_count(i32::MAX);
            assert_eq!(context.error_count(), i32::MAX);
        }
    });
}

#[test]
fn a_context_that_is_too_short_panics() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let context = Context::new(&mut scope, ContextInit { elements: Filled::new(smi(0), 3) });
    let context = context.get(&scope);
    assert!(panic_message(|| context.error_count()).contains("index 3 is out of bounds"));
    assert!(panic_message(|| context.set_realm_too_far()).contains("index 5 is out of bounds"));
}

impl Context {
    fn set_realm_too_far(&self) {
        self.set_either(smi(1));
    }
}

// Roots.

heap_roots! {
    /// Objects and numbers.
    pub static ROOTS, keys in root, getters in ListRoots, set up by set_up;
    function: Function,
    /// Counts down.
    countdown: Smi,
    #[cfg(any())]
    absent: Function,
    either: (Function, Smi),
}

fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    assert_eq!(scope.named_roots().count(), 0);
    let function = Function::try_new(scope, FunctionInit { length: 9 })?;
    scope.set_root(root::function, function);
    scope.set_root(root::countdown, 3);
    scope.set_root(root::either, smi(8));
    // Slots are there before roots are set up.
    let log = scope.try_log();
    log.set(log.get() + 1);
    Ok(())
}

trait TryLog {
    fn try_log(&self) -> &Cell<u32>;
}

impl TryLog for HandleScope<'_> {
    fn try_log(&self) -> &Cell<u32> {
        if self.isolate_slot_tables().iter().any(|table| core::ptr::eq(*table, &FIRST)) {
            self.log()
        } else {
            Box::leak(Box::new(Cell::new(0)))
        }
    }
}

#[test]
fn a_smi_root_is_an_integer() {
    let mut isolate = Isolate::builder().classes(&CLASSES).roots(&ROOTS).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let count: i32 = scope.countdown();
    assert_eq!(count, 3);
    scope.set_root(root::countdown, count - 1);
    scope.set_root(root::countdown, smi(scope.countdown() - 1));
    scope.collect(CollectionKind::Full);
    assert_eq!((scope.countdown(), scope.either().as_smi()), (1, Some(8)));
}

#[test]
fn a_printer_finds_every_root_by_name() {
    let mut isolate = Isolate::builder().classes(&CLASSES).roots(&ROOTS).build().unwrap();
    let scope = isolate.enter();
    assert_eq!(ROOTS.roots(), ["function", "countdown", "either"]);
    let mut lines = String::new();
    for root in scope.named_roots() {
        lines += &format!("{}::{} = {:?}\n", root.table, root.name, root.value);
    }
    assert!(lines.starts_with("ROOTS::function = "), "{lines}");
    assert!(lines.contains("Function") && lines.ends_with("ROOTS::countdown = 3\nROOTS::either = 8\n"), "{lines}");
    let function = scope.function().as_tagged();
    let name = scope.named_roots().find(|root| root.value == function).map(|root| root.name);
    assert_eq!(name, Some("function"));
}

// Isolate slots.

isolate_slots! {
    /// One crate's.
    pub static FIRST, accessors in FirstSlots;
    /// Tasks that wait.
    pending: u32 = 7,
    tag: String = String::from("new"),
    log: Cell<u32> = Cell::new(0),
    #[cfg(any())]
    absent: u8 = 0,
    kept: Option<Global<Function>> = None,
    dropped: Dropped = Dropped(None),
}

mod other {
    // The same names, another crate.
    heapwright::isolate_slots! {
        pub static SECOND, accessors in SecondSlots;
        pending: &'static str = "second",
        made: u64 = super::COUNT.fetch_add(1, super::Ordering::Relaxed) as u64,
    }
}

static COUNT: AtomicUsize = AtomicUsize::new(100);

#[derive(Debug, Default)]
pub struct Dropped(Option<(Arc<AtomicUsize>, Global<Function>)>);

impl Drop for Dropped {
    fn drop(&mut self) {
        if let Some((count, global)) = self.0.take() {
            count.fetch_add(1, Ordering::Relaxed);
            let again = global.clone();
            drop(global);
            // A destructor is outside of the isolate: it may enter another.
            let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
            assert!(again.try_get(&isolate.enter()).is_err());
        }
    }
}

#[test]
fn slots_are_each_isolates_own() {
    let build =
        || Isolate::builder().classes(&CLASSES).slots(&FIRST).slots(&FIRST).slots(&other::SECOND).build().unwrap();
    let (mut one, mut two) = (build(), build());
    {
        let mut scope = one.enter();
        assert_eq!((*scope.pending_of_first(), scope.tag().as_str()), (7, "new"));
        FirstSlots::set_pending(&mut scope, 8);
        scope.tag_mut().push_str("er");
        scope.log().set(5);
        scope.set_kept(None);
        assert_eq!((*scope.pending_of_first(), scope.tag().as_str(), scope.log().get()), (8, "newer", 5));
        assert_eq!(*other::SecondSlots::pending(&scope), "second");
    }
    let scope = two.enter();
    assert_eq!((*scope.pending_of_first(), scope.tag().as_str(), scope.log().get()), (7, "new", 0));
    let made = *other::SecondSlots::made(&scope);
    drop(scope);
    assert_ne!(*other::SecondSlots::made(&one.enter()), made, "the first value is made for each isolate");
}

trait First {
    fn pending_of_first(&self) -> &u32;
}

impl First for HandleScope<'_> {
    fn pending_of_first(&self) -> &u32 {
        FirstSlots::pending(self)
    }
}

#[test]
fn slots_have_names_and_types() {
    assert_eq!(FIRST.name(), "FIRST");
    assert_eq!(FIRST.names(), ["pending", "tag", "log", "kept", "dropped"]);
    assert_eq!(FIRST.type_names(), ["u32", "String", "Cell<u32>", "Option<Global<Function>>", "Dropped"]);
    assert_eq!(other::SECOND.type_names(), ["&'static str", "u64"]);
    let mut isolate = Isolate::builder().slots(&other::SECOND).slots(&FIRST).build().unwrap();
    let scope = isolate.enter();
    let tables: Vec<_> = scope.isolate_slot_tables().iter().copied().map(IsolateSlots::name).collect();
    assert_eq!(tables, ["SECOND", "FIRST"]);
}

#[test]
fn a_slot_of_a_table_that_was_not_given_panics() {
    let mut isolate = Isolate::builder().slots(&other::SECOND).build().unwrap();
    let mut scope = isolate.enter();
    let expected =
        "isolate slot `tag` of `FIRST` is not in this isolate: give the table to `Isolate::builder().slots(…)`";
    assert_eq!(panic_message(|| scope.tag().len()), expected);
    assert_eq!(panic_message(|| scope.tag_mut().clear()), expected);
    assert_eq!(panic_message(|| scope.set_tag(String::new())), expected);
}

#[test]
fn a_forged_slot_is_a_panic() {
    let mut isolate = Isolate::builder().slots(&FIRST).build().unwrap();
    let scope = isolate.enter();
    let forged = heapwright::IsolateSlot::<Vec<usize>>::new(&FIRST, 1);
    assert!(panic_message(|| scope.isolate_slot(forged).len()).contains("isolate slot `tag` of `FIRST`"));
    let beyond = heapwright::IsolateSlot::<u32>::new(&FIRST, 99);
    assert!(panic_message(|| *scope.isolate_slot(beyond)).contains("isolate slot `?` of `FIRST`"));
}

#[test]
fn globals_in_slots_keep_objects_and_values_are_dropped_with_the_isolate() {
    let drops = Arc::new(AtomicUsize::new(0));
    let escaped;
    {
        let mut isolate =
            Isolate::builder().classes(&CLASSES).roots(&ROOTS).slots(&FIRST).verify(true).build().unwrap();
        let mut scope = isolate.enter();
        assert_eq!(scope.log().get(), 1);
        {
            let mut inner = scope.nested();
            let function = Function::new(&mut inner, FunctionInit { length: 6 });
            let global = Global::new(&inner, function);
            escaped = global.clone();
            inner.set_dropped(Dropped(Some((drops.clone(), global.clone()))));
            inner.set_kept(Some(global));
        }
        scope.collect(CollectionKind::Full);
        let kept = scope.kept().as_ref().unwrap();
        assert_eq!(kept.get(&scope).length(), 6);
        drop(scope);
        assert_eq!(drops.load(Ordering::Relaxed), 0);
        // With the isolate entered and its scope forgotten, values are dropped all the same.
        std::mem::forget(isolate.enter());
        std::thread::scope(|threads| {
            threads.spawn(move || drop(isolate));
        });
    }
    assert_eq!(drops.load(Ordering::Relaxed), 1);
    drop(escaped);
}

isolate_slots! {
    static PANICS, accessors in PanicSlots;
    counted: Counted = Counted,
    never: u32 = no_value(),
}

fn no_value() -> u32 {
    panic!("no first value")
}

static LIVE: AtomicUsize = AtomicUsize::new(0);

struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        LIVE.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_first_value_that_panics_leaves_nothing_behind() {
    assert_eq!(panic_message(|| Isolate::builder().slots(&PANICS).build()), "no first value");
    assert_eq!(LIVE.load(Ordering::Relaxed), 1);
    let mut isolate = Isolate::builder().slots(&FIRST).build().unwrap();
    assert!(panic_message(|| *isolate.enter().never()).contains("`never` of `PANICS`"));
    let mut scope = isolate.enter();
    assert!(panic_message(|| scope.set_counted(Counted)).contains("`counted`"));
}

// A condition on a list is one on all it makes.

heap_roots! {
    #[cfg(any())]
    pub static NEVER, keys in never, getters in NeverRoots, set up by nothing;
    root: Missing,
}

isolate_slots! {
    #[cfg(any())]
    pub static NEVER, accessors in NeverSlots;
    slot: Missing = Missing,
}

context_slots! {
    #[cfg(any())]
    pub trait NeverContextSlots for Missing::elements {
        slot: Missing,
    }
}
