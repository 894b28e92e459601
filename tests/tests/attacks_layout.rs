//! What safe code can try against the layouts of objects: lengths that lie, numbers that answer differently each time,
//! conditions, hooks and observers that misbehave, sizes at every limit. Each attempt panics with a clear message, is an
//! `Err`, or does no harm; after each, the heap is verified and goes on working.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use core::fmt;
use heapwright::{CopyError, IntoSmi, OutOfMemoryReason, SpaceId, StoreFilter, prelude::*};
use heapwright_tests::panic_message;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[heap_object(open)]
pub struct Node {
    value: Smi,
    next: Tagged<Option<Node>>,
}

#[heap_struct]
pub struct Pair {
    left: Tagged<Any>,
    right: Weak<Node>,
}

/// As many tails as it takes to overflow their sum.
#[heap_object(copy)]
pub struct Tails {
    #[constant]
    count: Smi,
    #[constant]
    annotated: bool,
    padding: Padding<3>,
    padding_2: OptionalPadding<4>,
    #[length = count]
    pairs: [Inline<Pair>],
    #[length = count]
    smis: [Smi],
    #[present_if = annotated]
    note: Tagged<Option<Node>>,
    #[present_if = annotated]
    number: Smi,
    #[length = count]
    bytes: [u8],
}

/// One tail after its last reference: the object ends with it.
#[heap_object(copy)]
pub struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

/// Counted by raw integers.
#[heap_object]
pub struct Tiny {
    #[constant]
    length: u8,
    padding: Padding<3>,
    padding_2: OptionalPadding<4>,
    #[length = length]
    bytes: [u8],
}

#[heap_object]
pub struct Signed {
    #[constant]
    length: i16,
    padding: Padding<2>,
    padding_2: OptionalPadding<4>,
    #[length = length]
    bytes: [u8],
}

/// How long it is stands between its elements.
#[heap_object]
pub struct Nested {
    #[constant]
    count: Smi,
    #[length = count]
    smis: [Smi],
    #[constant]
    #[present_if = count != 0]
    more: Smi,
    #[length = match more { Some(more) => more, None => 0 }]
    bytes: [u8],
}

/// A length that is computed of one that is not checked.
#[heap_object]
pub struct Stretched {
    #[constant]
    factor: i32,
    padding: OptionalPadding<4>,
    #[length = STRETCH * (factor as i64)]
    bytes: [u8],
}

const STRETCH: i64 = i64::MAX / 2;

/// The sign of what is no number: the optimiser and the processor disagree about it.
type Real = f64;

#[allow(clippy::eq_op)] // nothing divided by nothing
const fn sign_of_nothing(n: i32) -> i32 {
    let n = n as Real;
    ((n / n).to_bits() >> 63) as i32
}

#[heap_object]
pub struct Unreal {
    #[constant]
    n: Smi,
    #[length = if sign_of_nothing(n) == 0 { 1 } else { 9 }]
    called: [Tagged<Any>],
    #[length = if (sign_of_nothing)(n) == 0 { 1 } else { 9 }]
    disguised: [Tagged<Any>],
}

const fn picky(n: i32) -> i32 {
    assert!(n < 10, "ten is too many");
    n
}

#[heap_object]
pub struct Picky {
    #[constant]
    n: Smi,
    first: Tagged<Any>,
    #[length = picky(n)]
    elements: [Tagged<Any>],
}

#[heap_object]
pub struct Checked {
    #[checked(get = self.ask(), set = self.ask() && value >= 0)]
    #[relaxed(swap, compare_exchange)]
    number: Smi,
    #[checked(set = value.is_none_or(|node| self.store_instead(node)))]
    node: Tagged<Option<Node>>,
}

thread_local! {
    static ANSWER: Cell<Answer> = const { Cell::new(Answer::Yes) };
}

#[derive(Clone, Copy, PartialEq)]
enum Answer {
    Yes,
    No,
    Panic,
}

impl Checked {
    fn ask(&self) -> bool {
        match ANSWER.get() {
            Answer::Yes => true,
            Answer::No => false,
            Answer::Panic => panic!("do not ask"),
        }
    }

    /// Stores another object than the one that is asked about, once.
    fn store_instead(&self, node: &Node) -> bool {
        if let Some(next) = node.next() {
            self.set_node(next);
        }
        true
    }
}

/// Its hooks change it, or panic.
#[heap_object(print = Meddler::print, verify = Meddler::verify)]
pub struct Meddler {
    printed: Smi,
    left: Tagged<Option<Node>>,
    right: Tagged<Option<Node>>,
    weak: Weak<Node>,
}

impl Meddler {
    fn print(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        assert!(ANSWER.get() != Answer::Panic, "no print");
        self.set_printed(self.printed() + 1);
        self.set_weak(self.left());
        write!(f, "{}", self.printed())
    }

    /// Exchanges its references: old objects then refer to young ones by other slots.
    fn verify(&self) -> Result<(), String> {
        let left = self.swap();
        self.set_weak(left);
        Ok(())
    }

    fn swap(&self) -> Option<&Node> {
        let (left, right) = (self.left(), self.right());
        self.set_left(right);
        self.set_right(left);
        left
    }
}

heap_classes! {
    static CLASSES = [Node, Tails, Array, Nested, Tiny, Signed, Stretched, Unreal, Picky, Checked, Meddler];
}

const OLD: AllocationType = AllocationType::Old;
const YOUNG: AllocationType = AllocationType::Young;

fn isolate() -> Isolate {
    Isolate::builder().classes(&CLASSES).verify(true).build().unwrap()
}

fn stressed(kind: CollectionKind) -> Isolate {
    Isolate::builder().classes(&CLASSES).verify(true).stress(1, kind).build().unwrap()
}

fn node<'s>(scope: &mut HandleScope<'s>, value: i32) -> Handle<'s, Node> {
    Node::new(scope, NodeInit { value, next: Nil })
}

/// The heap is whole and does all that it should.
#[track_caller]
fn assert_works(scope: &mut HandleScope<'_>) {
    scope.verify().unwrap();
    let mut inner = scope.nested();
    let last = node(&mut inner, 3);
    let first = Node::new(&mut inner, NodeInit { value: 4, next: last });
    inner.collect(CollectionKind::Young);
    inner.collect(CollectionKind::Full);
    assert_eq!(first.get(&inner).next().unwrap().value(), 3);
    inner.verify().unwrap();
}

fn fails(f: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(f)).is_err()
}

/// A `Tails` with so many of everything.
macro_rules! tails {
    ($count:expr, $pairs:expr, $smis:expr, $bytes:expr) => {{
        let pairs = Filled::new(PairInit { left: smi(1), right: Nil }, $pairs);
        let smis = Filled::new(Smi::ZERO, $smis);
        TailsInit {
            count: $count,
            annotated: false,
            pairs,
            smis,
            note: Absent,
            number: Absent,
            bytes: Filled::new(7_u8, $bytes),
        }
    }};
}

// --- Lengths.

#[test]
fn sums_of_several_tails_do_not_wrap() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let most = Smi::MAX.value() as usize;
    let huge = [most, most + 1, usize::MAX / 16 + 1, usize::MAX / 8, usize::MAX / 2 + 1, usize::MAX];
    for pairs in huge {
        for (smis, bytes) in [(pairs, pairs), (0, 0), (1, usize::MAX - pairs), (usize::MAX - pairs, 2)] {
            for place in [YOUNG, OLD] {
                let error = Tails::try_new_in(&mut scope, place, tails!(0, pairs, smis, bytes)).unwrap_err();
                assert!(error.requested >= 1 << 30, "{error}");
            }
            let memory = scope.reserve(4096).unwrap();
            let error = Tails::try_new_reserved(&memory, tails!(0, pairs, smis, bytes)).unwrap_err();
            assert!(error.requested >= 1 << 30, "{error}");
            assert_eq!(memory.available(), 4096);
        }
    }
    assert!(Tails::size_for(usize::MAX, usize::MAX, false, false, usize::MAX) >= usize::MAX - 8);
    assert_works(&mut scope);
}

/// Each tail has to be as long as the fields say: if two are wrong so that the sum is right, too.
#[test]
fn tails_that_share_a_size_wrongly_are_refused() {
    for place in [YOUNG, OLD] {
        let mut isolate = stressed(CollectionKind::Young);
        let mut scope = isolate.enter();
        for (count, pairs, smis, bytes) in [(2, 1, 4, 2), (2, 2, 1, 6), (2, 2, 2, 1), (-1, 0, 0, 0), (0, 0, 0, 4)] {
            let message =
                panic_message(|| Tails::try_new_in(&mut scope, place, tails!(count, pairs, smis, bytes)).is_ok());
            assert!(message.contains("`Tails` needs "), "{message}");
            assert_works(&mut scope);
            let memory = scope.reserve(4096).unwrap();
            assert!(fails(|| _ = Tails::try_new_reserved(&memory, tails!(count, pairs, smis, bytes))));
            memory.verify().unwrap();
        }
        let made = Tails::try_new_in(&mut scope, place, tails!(2, 2, 2, 2)).unwrap();
        assert_eq!(made.get(&scope).bytes(1), 7);
    }
}

#[test]
fn counts_have_the_range_of_their_field() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let tiny = Tiny::new(&mut scope, TinyInit { bytes: Filled::new(1, 255) });
    assert_eq!((tiny.get(&scope).bytes_len(), tiny.get(&scope).length()), (255, 255));
    let message = panic_message(|| _ = Tiny::try_new(&mut scope, TinyInit { bytes: Filled::new(1, 256) }));
    assert!(message.contains("`Tiny` counts its elements in `length`, up to 255, and was given 256"), "{message}");
    let signed = Signed::new(&mut scope, SignedInit { bytes: Filled::new(1, 32_767) });
    assert_eq!(signed.get(&scope).bytes_len(), 32_767);
    assert!(Signed::try_new(&mut scope, SignedInit { bytes: Filled::new(1, usize::MAX) }).is_err());
    for len in [32_768, 65_535, 65_536] {
        let message = panic_message(|| _ = Signed::try_new(&mut scope, SignedInit { bytes: Filled::new(1, len) }));
        assert!(message.contains("up to 32767"), "{message}");
    }
    assert_works(&mut scope);
}

/// Whatever comes out of the arithmetic, the object is as large as it is held to be, or is not made.
#[test]
fn lengths_that_overflow_make_no_object() {
    let mut isolate = stressed(CollectionKind::Full);
    let mut scope = isolate.enter();
    for factor in [-1, 1, 2, 3, 4, 5, i32::MAX, i32::MIN] {
        for given in [0, 1, 4] {
            assert!(fails(
                || _ = Stretched::try_new(&mut scope, StretchedInit { factor, bytes: Filled::new(1, given) }).unwrap()
            ));
        }
        assert_works(&mut scope);
    }
    let none = Stretched::new(&mut scope, StretchedInit { factor: 0, bytes: Absent });
    assert_eq!(none.get(&scope).bytes_len(), 0);
}

/// An object has one size, though its length may be another where the compiler knows the number than where the processor
/// divides. Shown by optimised builds.
#[test]
fn a_length_made_of_no_number_is_always_the_same() {
    let mut isolate = stressed(CollectionKind::Full);
    let mut scope = isolate.enter();
    macro_rules! make {
        ($n:expr) => {
            for (called, disguised) in [(1, 1), (9, 9), (1, 9), (9, 1)] {
                let (called, disguised) = (Filled::new(smi(1), called), Filled::new(smi(2), disguised));
                let made =
                    catch_unwind(AssertUnwindSafe(|| Unreal::new(&mut scope, UnrealInit { n: $n, called, disguised })));
                if let Ok(made) = made {
                    let lens = |object: &Unreal| (object.called_len(), object.disguised_len());
                    let size = made.get(&scope).as_heap_object().size();
                    let (first, second) = lens(made.get(&scope));
                    assert_eq!(Unreal::size_for(first, second), size, "{} {first} {second}", $n);
                    scope.collect(CollectionKind::Young);
                    assert_eq!(lens(made.get(&scope)), (first, second));
                    assert!(made.get(&scope).disguised_iter().all(|element| element.as_smi() == Some(2)));
                    scope.verify().unwrap();
                }
            }
        };
    }
    make!(0);
    for n in [0, 1, -1] {
        make!(std::hint::black_box(n));
    }
    assert_works(&mut scope);
}

#[test]
fn a_length_that_panics_makes_no_object() {
    for place in [YOUNG, OLD] {
        let mut isolate = stressed(CollectionKind::Young);
        let mut scope = isolate.enter();
        let held = node(&mut scope, 1);
        for n in [10, 1000] {
            let init = PickyInit { n, first: held, elements: Filled::new(held, n as usize) };
            let message = panic_message(|| Picky::try_new_in(&mut scope, place, init).is_ok());
            assert!(message.contains("ten is too many"), "{message}");
            assert_works(&mut scope);
        }
        let made = Picky::new(&mut scope, PickyInit { n: 9, first: held, elements: Filled::new(held, 9) });
        assert_eq!(made.get(&scope).elements(8).cast::<Node>().value(), 1);
    }
}

// --- Optional fields.

#[test]
fn fields_that_are_absent_are_not_written() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let held = node(&mut scope, 1);
    let without = Tails::new(&mut scope, tails!(1, 1, 1, 1));
    let at = without.get(&scope);
    assert!(!at.has_note() && !at.has_number());
    assert!(at.note().is_none() && at.number().is_none());
    let attempts: [&dyn Fn(); 2] = [&|| at.set_note(held), &|| at.set_number(3)];
    for attempt in attempts {
        let message = panic_message(attempt);
        assert!(message.contains("this object has no `n") && message.contains("`annotated` did not hold"), "{message}");
    }
    assert_eq!((at.pairs_len(), at.smis(0), at.bytes(0)), (1, 0, 7), "nothing was written over");
    // The wrong number of values, either way.
    for (annotated, note, number) in [(true, None, Some(1)), (true, Some(Nil), None), (false, Some(Nil), None)] {
        let (pairs, smis, bytes) = (Filled::new(PairInit { left: smi(1), right: Nil }, 0), &[0; 0], &[0; 0]);
        let init = TailsInit { count: 0, annotated, pairs, smis, note, number, bytes };
        assert!(fails(|| _ = Tails::new(&mut scope, init)));
        assert_works(&mut scope);
    }
}

// --- Values that run code when they are asked.

thread_local! {
    static ASKED: Cell<i32> = const { Cell::new(0) };
}

/// Answers with how often it was asked.
#[derive(Clone, Copy)]
struct Fickle {
    panics_at: i32,
}

impl IntoSmi for Fickle {
    fn into_smi(self) -> Smi {
        let asked = ASKED.get() + 1;
        ASKED.set(asked);
        assert!(asked != self.panics_at, "asked once too often");
        smi(asked)
    }
}

#[test]
fn numbers_that_change_their_mind_are_numbers_all_the_same() {
    for place in [YOUNG, OLD] {
        for panics_at in 0..8 {
            let mut isolate = stressed(CollectionKind::Young);
            let mut scope = isolate.enter();
            ASKED.set(0);
            let fickle = Fickle { panics_at };
            let init = TailsInit {
                count: 4,
                annotated: true,
                pairs: Filled::new(PairInit { left: smi(1), right: Nil }, 4),
                smis: &[fickle; 4],
                note: Nil,
                number: fickle,
                bytes: Filled::new(7_u8, 4),
            };
            let made = catch_unwind(AssertUnwindSafe(|| Tails::try_new_in(&mut scope, place, init).unwrap()));
            assert_eq!(made.is_err(), (1..=5).contains(&panics_at), "one question for each of five");
            assert_works(&mut scope);
            if let Ok(made) = made {
                let made = made.get(&scope);
                assert_eq!((made.smis(0), made.smis(3), made.number(), made.bytes(3)), (1, 4, Some(5), 7));
                ASKED.set(0);
                let set = fails(|| made.set_smis(1, fickle));
                assert_eq!((set, made.smis(1)), (panics_at == 1, if panics_at == 1 { 7 } else { 1 }));
            }
        }
    }
}

/// Looks at the heap when it is asked, which includes while its object is being written.
#[derive(Clone, Copy)]
struct Onlooker<'a, 'r, 's> {
    memory: &'a Reservation<'r, 's>,
}

impl IntoSmi for Onlooker<'_, '_, '_> {
    fn into_smi(self) -> Smi {
        self.memory.verify().expect("an object that is being made is not there yet");
        let nodes = || {
            self.memory.class_statistics().iter().find(|class| class.class.name() == "Node").map_or(0, |c| c.objects)
        };
        let before = nodes();
        let made = self.memory.handle(Node::new_reserved(self.memory, NodeInit { value: 1, next: Nil }));
        self.memory.verify().expect("one that is made meanwhile is");
        assert_eq!((made.get(self.memory).value(), nodes()), (1, before + 1));
        smi(3)
    }
}

/// While an object is being written, code of users may run: what it sees of the heap is whole.
#[test]
fn an_object_that_is_being_made_is_not_seen() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let memory = scope.reserve(4096).unwrap();
    let (smis, bytes) = (&[Onlooker { memory: &memory }; 4], Filled::new(7_u8, 20));
    let made = Nested::new_reserved(&memory, NestedInit { count: 4, smis, more: 20, bytes });
    assert_eq!((made.smis(3), made.bytes(19)), (3, 7));
}

/// The same of a message about elements that are too few: whoever prints it may look at the heap.
#[test]
fn an_object_that_is_not_made_is_not_seen() {
    thread_local! {
        static MEMORY: RefCell<Option<Reservation<'static, 'static>>> = const { RefCell::new(None) };
        static FOUND: RefCell<Option<String>> = const { RefCell::new(None) };
    }
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let is_ours = MEMORY.with_borrow(|memory| {
            memory.as_ref().map(|memory| FOUND.set(memory.verify().err().map(|error| error.to_string())))
        });
        if is_ours.is_none() {
            before(info);
        }
    }));
    let scope = Box::leak(Box::new(Box::leak(Box::new(isolate())).enter()));
    MEMORY.set(Some(scope.reserve(4096).unwrap()));
    MEMORY.with_borrow(|memory| {
        let memory = memory.as_ref().unwrap();
        let init = NestedInit { count: 4, smis: &[smi(1); 4], more: 3, bytes: Filled::new(7_u8, 200) };
        assert!(fails(|| _ = Nested::try_new_reserved(memory, init)));
        memory.verify().unwrap();
    });
    MEMORY.take();
    assert_eq!(FOUND.take(), None);
}

// --- Conditions.

#[test]
fn a_condition_that_panics_lets_nothing_be_stored() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let checked = Checked::new(&mut scope, CheckedInit { number: 5, node: Nil });
    let at = checked.get(&scope);
    for (answer, expected) in [(Answer::No, "the condition `self.ask() "), (Answer::Panic, "do not ask")] {
        ANSWER.set(answer);
        let stores: [&dyn Fn(); 3] =
            [&|| at.set_number(6), &|| _ = at.swap_number(6), &|| _ = at.compare_exchange_number(5, 6)];
        for store in stores {
            let message = panic_message(store);
            // The condition to read comes first in those that read.
            assert!(message.contains(expected) || message.contains("the condition `self.ask()`"), "{message}");
        }
        ANSWER.set(Answer::Yes);
        assert_eq!(at.number(), 5);
    }
    assert!(fails(|| at.set_number(-6)));
    assert_eq!(at.number(), 5);
    assert_works(&mut scope);
}

/// A condition may store into the very field: what is set is set last.
#[test]
fn a_condition_that_stores_is_overwritten() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let checked = HandleScope::try_new::<Checked, _>(&mut scope, OLD, CheckedInit { number: 5, node: Nil }).unwrap();
    {
        let mut inner = scope.nested();
        let second = node(&mut inner, 2);
        let first = Node::new(&mut inner, NodeInit { value: 1, next: second });
        checked.get(&inner).set_node(first);
        assert_eq!(checked.get(&inner).node().unwrap().value(), 1);
    }
    scope.collect(CollectionKind::Young);
    assert_eq!(checked.get(&scope).node().unwrap().next().unwrap().value(), 2);
    assert_works(&mut scope);
}

// --- Hooks and observers.

#[test]
fn hooks_that_store_or_panic_leave_the_heap_whole() {
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        for place in [YOUNG, OLD] {
            let mut isolate = stressed(kind);
            let mut scope = isolate.enter();
            ANSWER.set(Answer::Yes);
            let init = MeddlerInit { printed: 0, left: Nil, right: Nil, weak: Nil };
            let meddler = Meddler::try_new_in(&mut scope, place, init).unwrap();
            for value in 0..8 {
                let mut inner = scope.nested();
                let young = node(&mut inner, value);
                let at = meddler.get(&inner);
                if at.left().is_none() {
                    at.set_left(young)
                } else {
                    at.set_right(young)
                }
                assert_eq!(format!("{at:?}"), (value + 1).to_string());
                drop(inner);
                scope.verify().unwrap();
                scope.collect(CollectionKind::Young);
            }
            let at = meddler.get(&scope);
            assert!(at.left().is_some_and(|left| at.right().is_some_and(|right| right.value() != left.value())));
            assert!(at.weak().is_some());
            ANSWER.set(Answer::Panic);
            assert!(fails(|| _ = format!("{at:?}")) && fails(|| _ = format!("{at:#?}")));
            ANSWER.set(Answer::Yes);
            assert_works(&mut scope);
        }
    }
}

/// An observer that stores what it is shown elsewhere, and into the very slot.
#[test]
fn observers_that_store_leave_the_heap_whole() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let (host, other) = (
        HandleScope::try_new::<Node, _>(&mut scope, OLD, NodeInit { value: 0, next: Nil }).unwrap(),
        HandleScope::try_new::<Node, _>(&mut scope, OLD, NodeInit { value: 0, next: Nil }).unwrap(),
    );
    let observer = scope
        .observe_stores(StoreFilter::class::<Node>(), |store| {
            let host = store.host().cast::<Node>();
            if let Some(next) = host.next() {
                host.set_value(host.value() + 1);
                // A ring: the young one refers to the old one.
                next.set_next(host);
                if host.value() == 3 {
                    host.set_next(Nil);
                }
            }
        })
        .unwrap();
    for i in 0..5 {
        let mut inner = scope.nested();
        let young = node(&mut inner, 100 + i);
        host.get(&inner).set_next(young);
        other.get(&inner).set_next(host);
        drop(inner);
        scope.collect(if i % 2 == 0 { CollectionKind::Young } else { CollectionKind::Full });
        let host = host.get(&scope);
        let back = host.next().and_then(Node::next);
        assert!(back.is_none_or(|back| core::ptr::eq(back, host)));
        assert!(host.value() > i);
    }
    drop(observer);
    assert_works(&mut scope);
}

// --- Sizes.

/// Objects of every size about each limit: where they lie, that their last elements are kept, and that copies are as good.
#[test]
fn objects_of_sizes_about_every_limit() {
    let word = heapwright::tagged::TAGGED_SIZE;
    for limit in [32_768, 131_072, 262_144, 524_288] {
        let mut isolate = isolate();
        let mut scope = isolate.enter();
        for distance in -3_isize..=3 {
            let size = limit + distance * word as isize;
            let elements = (size as usize - Array::HEADER_SIZE) / word;
            // A computed size: so many of 2 words, of 1 word, and of a byte; about as large.
            let count = (size as usize - Tails::HEADER_SIZE) / (3 * word + 1);
            for place in [YOUNG, OLD] {
                let expected = |size: usize| match size {
                    0..=32_768 if place == YOUNG => SpaceId::New,
                    0..=131_072 => SpaceId::Old,
                    _ if place == YOUNG => SpaceId::NewLargeObject,
                    _ => SpaceId::LargeObject,
                };
                let mut inner = scope.nested();
                let last = node(&mut inner, 1);
                let array = Array::try_new_in(&mut inner, place, ArrayInit { elements: Filled::new(smi(1), elements) });
                let array = array.unwrap();
                assert_eq!(array.get(&inner).as_heap_object().size(), size as usize);
                assert_eq!(array.get(&inner).as_heap_object().space(), expected(size as usize), "{size}");
                array.get(&inner).set_elements(elements - 1, last);
                let tails = Tails::try_new_in(&mut inner, place, tails!(count as i32, count, count, count)).unwrap();
                let bytes = tails.get(&inner).as_heap_object().size();
                assert_eq!(bytes, Tails::size_for(count, count, false, false, count));
                assert_eq!(tails.get(&inner).as_heap_object().space(), expected(bytes), "{bytes}");
                tails.get(&inner).pairs(count - 1).set_left(last);
                tails.get(&inner).pairs(count - 1).set_right(Some(last.get(&inner)));
                tails.get(&inner).set_bytes(count - 1, 9);
                let copy = Tails::try_copy_in(&mut inner, place, tails).unwrap();
                let array_copy = Array::try_copy_in(&mut inner, place, array).unwrap();
                for kind in [CollectionKind::Young, CollectionKind::Full, CollectionKind::Young] {
                    inner.collect(kind);
                    let last = last.get(&inner).as_heap_object();
                    for tails in [tails, copy] {
                        let tails = tails.get(&inner);
                        let pair = tails.pairs(count - 1);
                        assert!(core::ptr::eq(pair.left().as_object().unwrap(), last));
                        assert!(core::ptr::eq(pair.right().unwrap().as_heap_object(), last));
                        assert_eq!((tails.bytes(count - 1), tails.bytes(count - 2), tails.smis(count - 1)), (9, 7, 0));
                    }
                    for array in [array, array_copy] {
                        let elements = array.get(&inner).elements(elements - 1);
                        assert!(core::ptr::eq(elements.as_object().unwrap(), last));
                    }
                }
            }
        }
        assert_works(&mut scope);
    }
}

/// The largest reservation and the largest object in it, of computed size.
#[test]
fn computed_sizes_in_reservations() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let word = heapwright::tagged::TAGGED_SIZE;
    let most = (32_768 - Tails::HEADER_SIZE) / (3 * word + 1);
    let memory = scope.reserve(Reservation::MAX).unwrap();
    let made = Tails::new_reserved(&memory, tails!(most as i32, most, most, most));
    assert!(made.as_heap_object().size() > 32_768 - 4 * word && made.bytes(most - 1) == 7);
    let before = memory.available();
    let more = most + 1;
    assert!(Tails::try_new_reserved(&memory, tails!(more as i32, more, more, more)).is_err());
    assert_eq!(memory.available(), before);
    drop(memory);
    assert_works(&mut scope);
}

#[test]
fn copies_that_do_not_fit_leave_the_heap_whole() {
    let mut isolate = Isolate::builder().classes(&CLASSES).verify(true).max_heap_size(16 << 20).build().unwrap();
    let mut scope = isolate.enter();
    let count = 200_000;
    let source = Tails::new(&mut scope, tails!(count as i32, count, count, count));
    let young = node(&mut scope, 77);
    source.get(&scope).pairs(count - 1).set_left(young);
    let mut copies = Vec::new();
    let error = loop {
        match Tails::try_copy_in(&mut scope, if copies.len() % 2 == 0 { YOUNG } else { OLD }, source) {
            Ok(copy) => copies.push(copy),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(&error, CopyError::OutOfMemory(error) if matches!(error.reason, OutOfMemoryReason::HeapLimit { .. }))
    );
    assert!(!copies.is_empty());
    scope.collect(CollectionKind::Young);
    for copy in copies.iter().chain([&source]) {
        let copy = copy.get(&scope);
        assert_eq!(copy.pairs(count - 1).left().cast::<Node>().value(), 77);
        assert_eq!((copy.bytes(count - 1), copy.smis_len()), (7, count));
    }
    assert_works(&mut scope);
}

// --- Handles that are dead.

/// A handle of an outermost scope that ended is dead; a struct or an optional field that is given it is not written.
#[test]
fn dead_handles_in_structs_and_optional_fields_make_no_object() {
    let (mut first, mut second) = (isolate(), isolate());
    let dead = node(&mut first.enter(), 1);
    let mut scope = second.enter();
    let alive = node(&mut scope, 2);
    for place in [YOUNG, OLD] {
        for (left, right, note) in [(dead, alive, alive), (alive, dead, alive), (alive, alive, dead)] {
            for count in [1, 1000, 20_000] {
                let mut pairs = vec![PairInit { left: alive, right: alive }; count];
                pairs[count - 1] = PairInit { left, right };
                let init = TailsInit {
                    count: count as i32,
                    annotated: true,
                    pairs: &pairs,
                    smis: Filled::new(Smi::ZERO, count),
                    note,
                    number: 3,
                    bytes: Filled::new(7_u8, count),
                };
                assert!(fails(|| _ = Tails::try_new_in(&mut scope, place, init)));
                scope.verify().unwrap();
            }
        }
        let made = Tails::try_new_in(&mut scope, place, tails!(1, 1, 1, 1)).unwrap();
        assert!(fails(|| made.get(&scope).pairs(0).set_left(dead)));
        assert!(fails(|| made.get(&scope).pairs(0).set_right(dead)));
        assert_eq!(made.get(&scope).pairs(0).left().as_smi(), Some(1));
    }
    assert_works(&mut scope);
}
