//! Graphs of random objects, mutated and collected against a shadow model in plain Rust.
//!
//! A case is a list of operations; proptest shrinks the list of one that fails. Operands are numbers that are taken
//! modulo what exists, so every sublist is a case too. `HEAPWRIGHT_CASES=50` multiplies the number of cases, and
//! `HEAPWRIGHT_SEED=7` draws others.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::{SpaceId, prelude::*};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use std::collections::{HashMap, HashSet};

#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    New,
    Waxing,
    Full,
    Waning,
}

#[bitfield(u31)]
pub struct Flags {
    #[bits(2)]
    pub phase: Phase,
    #[bits(5)]
    __: (),
    #[bits(24)]
    pub number: u32,
}

#[bitfield(u64)]
pub struct Wide {
    #[bits(32)]
    pub low: u32,
    #[bits(32)]
    pub high: i32,
}

/// What the model knows of every object is its number.
#[heap_object(abstract)]
pub struct Thing {
    #[constant]
    id: Smi,
}

/// Pointers in one run, a Smi among them.
#[heap_object(extends = Thing, open)]
pub struct Knot {
    left: Tagged<Any>,
    right: Tagged<Option<Thing>>,
    count: Smi,
    peer: Weak<Thing>,
}

/// Pointers and raw bytes in turn, below a class with pointers: a bitmap.
#[heap_object(extends = Knot)]
pub struct Braid {
    raw: u32,
    pad: OptionalPadding<4>,
    strand: Tagged<(Thing, Smi)>,
    wide: u64,
    friend: Weak<Knot>,
    flags: SmiBits<Flags>,
    half: u16,
    byte: u8,
    on: bool,
    pad2: OptionalPadding<4>,
    end: Tagged<Any>,
    bits: Bits<Wide>,
}

/// Pointers up to the end.
#[heap_object(extends = Thing)]
pub struct List {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

/// Pointers up to the end, with raw bytes among them: a bitmap and a tail.
#[heap_object(extends = Thing)]
pub struct Fringe {
    head: Tagged<Any>,
    raw: u32,
    pad: OptionalPadding<4>,
    #[constant]
    length: Smi,
    #[length = length]
    threads: [Tagged<Option<Thing>>],
}

/// Weak references up to the end.
#[heap_object(extends = Thing)]
pub struct WeakList {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Weak<Thing>],
}

/// Data only.
#[heap_object(extends = Thing)]
pub struct Blob {
    #[constant]
    length: Smi,
    #[length = length]
    bytes: [u8],
}

/// Pointers, and then raw elements of eight bytes at an odd place.
#[heap_object(extends = Thing)]
pub struct Book {
    title: Tagged<Any>,
    note: Weak<Thing>,
    #[constant]
    length: Smi,
    #[length = length]
    numbers: [f64],
}

heap_classes! { pub static CLASSES = [Thing, Knot, Braid, List, Fringe, WeakList, Blob, Book]; }

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Knot,
    Braid,
    List,
    Fringe,
    WeakList,
    Blob,
    Book,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Young,
    Old,
    Reserved,
}

/// What keeps a new object alive.
#[derive(Clone, Copy, Debug)]
enum Keep {
    Handle,
    Global,
    Field(Path, u16),
    Nothing,
}

/// A way to an object: a root, and which reference to follow how often.
#[derive(Clone, Copy, Debug)]
struct Path {
    root: u16,
    steps: u8,
    turns: u32,
}

#[derive(Clone, Copy, Debug)]
enum Value {
    Smi(i32),
    Nothing,
    Object(Path),
}

#[derive(Clone, Debug)]
enum Op {
    New { class: Class, place: Place, size: usize, target: Path, keep: Keep, seed: u32 },
    Chain { length: u8, target: Path, seed: u32 },
    Store { holder: Path, slot: u16, value: Value },
    StoreWeak { holder: Path, slot: u16, target: Option<Path> },
    Fill { holder: Path, seed: u32 },
    Hold(Path),
    HoldWeaklyReferred { holder: Path, slot: u16 },
    MakeGlobal(Path),
    DropGlobal(u16),
    MakeWeakGlobal(Path),
    HoldWeakGlobal(u16),
    DropWeakGlobal(u16),
    Enter,
    EnterEscapable,
    Leave,
    Collect(CollectionKind),
    Compare,
}

/// Operands of every operation, with the chance of each. `big` is how often an object is long.
fn op(big: u32) -> impl Strategy<Value = Op> {
    let path = || (any::<u16>(), 0_u8..5, any::<u32>()).prop_map(|(root, steps, turns)| Path { root, steps, turns });
    let class = prop_oneof![
        6 => Just(Class::Knot),
        5 => Just(Class::Braid),
        3 => Just(Class::List),
        3 => Just(Class::Fringe),
        3 => Just(Class::WeakList),
        2 => Just(Class::Blob),
        2 => Just(Class::Book),
    ];
    let place = prop_oneof![6 => Just(Place::Young), 2 => Just(Place::Old), 2 => Just(Place::Reserved)];
    let size = prop_oneof![
        300 => 0_usize..12,
        100 => 12_usize..400,
        // In bytes: up to the largest young object, above 64 KiB, and large.
        big => 400_usize..8_000,
        big => 8_000_usize..9_000,
        big => 16_000_usize..34_000,
    ];
    let keep = prop_oneof![
        3 => Just(Keep::Handle),
        1 => Just(Keep::Global),
        5 => (path(), any::<u16>()).prop_map(|(p, s)| Keep::Field(p, s)),
        2 => Just(Keep::Nothing),
    ];
    let value = prop_oneof![
        1 => (-1_000_000..1_000_000).prop_map(Value::Smi),
        2 => Just(Value::Nothing),
        6 => path().prop_map(Value::Object),
    ];
    prop_oneof![
        24 => (class, place, size, path(), keep, any::<u32>())
            .prop_map(|(class, place, size, target, keep, seed)| Op::New { class, place, size, target, keep, seed }),
        2 => (1_u8..6, path(), any::<u32>()).prop_map(|(length, target, seed)| Op::Chain { length, target, seed }),
        20 => (path(), any::<u16>(), value).prop_map(|(holder, slot, value)| Op::Store { holder, slot, value }),
        12 => (path(), any::<u16>(), proptest::option::weighted(0.9, path()))
            .prop_map(|(holder, slot, target)| Op::StoreWeak { holder, slot, target }),
        3 => (path(), any::<u32>()).prop_map(|(holder, seed)| Op::Fill { holder, seed }),
        2 => path().prop_map(Op::Hold),
        2 => (path(), any::<u16>()).prop_map(|(holder, slot)| Op::HoldWeaklyReferred { holder, slot }),
        2 => path().prop_map(Op::MakeGlobal),
        4 => any::<u16>().prop_map(Op::DropGlobal),
        3 => path().prop_map(Op::MakeWeakGlobal),
        1 => any::<u16>().prop_map(Op::HoldWeakGlobal),
        1 => any::<u16>().prop_map(Op::DropWeakGlobal),
        4 => Just(Op::Enter),
        2 => Just(Op::EnterEscapable),
        5 => Just(Op::Leave),
        4 => Just(Op::Collect(CollectionKind::Young)),
        2 => Just(Op::Collect(CollectionKind::Full)),
        1 => Just(Op::Compare),
    ]
}

/// What the model holds in a strong slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strong {
    Nothing,
    Smi(i32),
    Object(i32),
}

#[derive(Clone, Debug)]
struct Shadow {
    class: Class,
    strong: Vec<Strong>,
    weak: Vec<Option<i32>>,
    seed: u32,
    length: usize,
}

/// What the heap holds in a strong slot.
#[derive(Clone, Copy)]
enum Seen<'a> {
    Nothing,
    Smi(i32),
    Object(&'a Thing),
}

impl Seen<'_> {
    fn shadow(self) -> Strong {
        match self {
            Seen::Nothing => Strong::Nothing,
            Seen::Smi(smi) => Strong::Smi(smi),
            Seen::Object(thing) => Strong::Object(thing.id()),
        }
    }
}

fn seen(value: Tagged<'_, Any>) -> Seen<'_> {
    match value.as_smi() {
        Some(smi) => Seen::Smi(smi),
        None => Seen::Object(value.cast::<Thing>()),
    }
}

fn seen_option(value: Option<&Thing>) -> Seen<'_> {
    value.map_or(Seen::Nothing, Seen::Object)
}

fn class_of(thing: &Thing) -> Class {
    if thing.is_exactly::<Knot>() {
        Class::Knot
    } else if thing.is::<Braid>() {
        Class::Braid
    } else if thing.is::<List>() {
        Class::List
    } else if thing.is::<Fringe>() {
        Class::Fringe
    } else if thing.is::<WeakList>() {
        Class::WeakList
    } else if thing.is::<Blob>() {
        Class::Blob
    } else {
        assert!(thing.is::<Book>(), "{thing:?}");
        Class::Book
    }
}

/// All strong slots, in a fixed order.
fn strong(thing: &Thing) -> Vec<Seen<'_>> {
    match class_of(thing) {
        Class::Knot => {
            let knot = thing.cast::<Knot>();
            vec![seen(knot.left()), seen_option(knot.right())]
        }
        Class::Braid => {
            let braid = thing.cast::<Braid>();
            let strand = braid.strand().to_any();
            vec![seen(braid.left()), seen_option(braid.right()), seen(strand), seen(braid.end())]
        }
        Class::List => thing.cast::<List>().elements_iter().map(seen).collect(),
        Class::Fringe => {
            let fringe = thing.cast::<Fringe>();
            core::iter::once(seen(fringe.head())).chain(fringe.threads_iter().map(seen_option)).collect()
        }
        Class::WeakList | Class::Blob => Vec::new(),
        Class::Book => vec![seen(thing.cast::<Book>().title())],
    }
}

/// All weak slots, in a fixed order.
fn weak(thing: &Thing) -> Vec<Option<&Thing>> {
    match class_of(thing) {
        Class::Knot => vec![thing.cast::<Knot>().peer()],
        Class::Braid => {
            let braid = thing.cast::<Braid>();
            vec![braid.peer(), braid.friend().map(|knot| knot.upcast())]
        }
        Class::WeakList => thing.cast::<WeakList>().elements_iter().collect(),
        Class::Book => vec![thing.cast::<Book>().note()],
        Class::List | Class::Fringe | Class::Blob => Vec::new(),
    }
}

/// Stores into a strong slot; returns what its type made of the value.
fn store<'a>(thing: &Thing, slot: usize, value: Seen<'a>) -> Seen<'a> {
    let any = |value: Seen<'a>| match value {
        Seen::Nothing => Seen::Smi(0),
        value => value,
    };
    let option = |value: Seen<'a>| match value {
        Seen::Smi(_) => Seen::Nothing,
        value => value,
    };
    macro_rules! set_any {
        ($value:expr, $set:expr) => {{
            let value = any($value);
            match value {
                Seen::Smi(n) => $set(Tagged::<Any>::from(smi(n))),
                Seen::Object(o) => $set(Tagged::<Any>::from(o)),
                Seen::Nothing => unreachable!(),
            }
            value
        }};
    }
    macro_rules! set_option {
        ($value:expr, $set:expr) => {{
            let value = option($value);
            match value {
                Seen::Object(o) => $set(Some(o)),
                _ => $set(None),
            }
            value
        }};
    }
    let knot = |knot: &Knot, slot: usize| match slot {
        0 => set_any!(value, |v: Tagged<'_, Any>| knot.set_left(v)),
        _ => set_option!(value, |v: Option<&Thing>| knot.set_right(v)),
    };
    match class_of(thing) {
        Class::Knot => knot(thing.cast(), slot),
        Class::Braid => {
            let braid = thing.cast::<Braid>();
            match slot {
                0 | 1 => knot(braid, slot),
                2 => {
                    let value = any(value);
                    match value {
                        Seen::Smi(n) => braid.set_strand(smi(n)),
                        Seen::Object(o) => braid.set_strand(o),
                        Seen::Nothing => unreachable!(),
                    }
                    value
                }
                _ => set_any!(value, |v: Tagged<'_, Any>| braid.set_end(v)),
            }
        }
        Class::List => set_any!(value, |v: Tagged<'_, Any>| thing.cast::<List>().set_elements(slot, v)),
        Class::Fringe => {
            let fringe = thing.cast::<Fringe>();
            match slot {
                0 => set_any!(value, |v: Tagged<'_, Any>| fringe.set_head(v)),
                _ => set_option!(value, |v: Option<&Thing>| fringe.set_threads(slot - 1, v)),
            }
        }
        Class::Book => set_any!(value, |v: Tagged<'_, Any>| thing.cast::<Book>().set_title(v)),
        Class::WeakList | Class::Blob => unreachable!("no strong slots"),
    }
}

/// Stores into a weak slot; returns whether its type admits the referent.
fn store_weak(thing: &Thing, slot: usize, value: Option<&Thing>) -> bool {
    match class_of(thing) {
        Class::Knot => thing.cast::<Knot>().set_peer(value),
        Class::Braid if slot == 0 => thing.cast::<Braid>().set_peer(value),
        Class::Braid => {
            let knot = value.and_then(|value| value.try_cast::<Knot>());
            thing.cast::<Braid>().set_friend(knot);
            return knot.is_some();
        }
        Class::WeakList => thing.cast::<WeakList>().set_elements(slot, value),
        Class::Book => thing.cast::<Book>().set_note(value),
        Class::List | Class::Fringe | Class::Blob => unreachable!("no weak slots"),
    }
    true
}

/// The raw bytes of tails that are written and looked at.
fn places(seed: u32, length: usize) -> impl Iterator<Item = usize> {
    let count = if length == 0 { 0 } else { 6 };
    (0..count).map(move |i| match i {
        0 => 0,
        1 => length - 1,
        i => (seed as usize).wrapping_mul(i * 7919) % length,
    })
}

/// Writes all that is not tagged, as `seed` says.
fn fill(thing: &Thing, seed: u32) {
    let knot = |knot: &Knot| knot.set_count((seed >> 2) as i32);
    match class_of(thing) {
        Class::Knot => knot(thing.cast()),
        Class::Braid => {
            let braid = thing.cast::<Braid>();
            knot(braid);
            braid.set_raw(seed);
            braid.set_wide(u64::from(seed) * 0x1_0000_0001);
            braid.set_flags(Flags::new().with_phase(Phase::Full).with_number(seed >> 8));
            braid.set_half(seed as u16);
            braid.set_byte(seed as u8);
            braid.set_on(seed & 1 == 1);
            braid.set_bits(Wide::new().with_low(seed).with_high(seed as i32));
        }
        Class::Fringe => thing.cast::<Fringe>().set_raw(seed),
        Class::Blob => {
            let blob = thing.cast::<Blob>();
            places(seed, blob.bytes_len()).for_each(|i| blob.set_bytes(i, seed as u8 ^ i as u8));
        }
        Class::Book => {
            let book = thing.cast::<Book>();
            places(seed, book.numbers_len()).for_each(|i| book.set_numbers(i, f64::from(seed) + i as f64));
        }
        Class::List | Class::WeakList => {}
    }
}

/// Asserts all that is not tagged.
fn check_raw(thing: &Thing, seed: u32) {
    let knot = |knot: &Knot| assert_eq!(knot.count(), (seed >> 2) as i32);
    match class_of(thing) {
        Class::Knot => knot(thing.cast()),
        Class::Braid => {
            let braid = thing.cast::<Braid>();
            knot(braid);
            assert_eq!(braid.raw(), seed);
            assert_eq!(braid.wide(), u64::from(seed) * 0x1_0000_0001);
            assert!(braid.phase() == Phase::Full && FlagsAccess::number(braid) == seed >> 8);
            assert_eq!((braid.half(), braid.byte(), braid.on()), (seed as u16, seed as u8, seed & 1 == 1));
            assert_eq!((braid.bits().low(), braid.bits().high()), (seed, seed as i32));
        }
        Class::Fringe => assert_eq!(thing.cast::<Fringe>().raw(), seed),
        Class::Blob => {
            let blob = thing.cast::<Blob>();
            places(seed, blob.bytes_len()).for_each(|i| assert_eq!(blob.bytes(i), seed as u8 ^ i as u8));
        }
        Class::Book => {
            let book = thing.cast::<Book>();
            places(seed, book.numbers_len()).for_each(|i| assert_eq!(book.numbers(i), f64::from(seed) + i as f64));
        }
        Class::List | Class::WeakList => {}
    }
}

fn length_of(thing: &Thing) -> usize {
    match class_of(thing) {
        Class::Knot | Class::Braid => 0,
        Class::List => thing.cast::<List>().elements_len(),
        Class::Fringe => thing.cast::<Fringe>().threads_len(),
        Class::WeakList => thing.cast::<WeakList>().elements_len(),
        Class::Blob => thing.cast::<Blob>().bytes_len(),
        Class::Book => thing.cast::<Book>().numbers_len(),
    }
}

type Root<'s> = (i32, Handle<'s, Thing>);

/// The shadow of one heap.
#[derive(Default)]
struct World {
    things: HashMap<i32, Shadow>,
    next: i32,
    globals: Vec<(i32, Global<Thing>)>,
    weak_globals: Vec<(Option<i32>, WeakGlobal<Thing>)>,
    /// Where large objects lie: they never move.
    fixed: HashMap<i32, usize>,
    /// Whether memory may run out; then an allocation that fails does nothing.
    is_tight: bool,
    failures: usize,
}

impl World {
    /// The object that a path leads to, by the heap's own references.
    fn find<'gc>(&self, scope: &'gc HandleScope<'_>, roots: &[Root<'gc>], path: Path) -> Option<&'gc Thing> {
        let count = roots.len() + self.globals.len();
        if count == 0 {
            return None;
        }
        let root = usize::from(path.root) % count;
        let mut thing = match roots.get(root) {
            Some((_, handle)) => handle.get(scope),
            None => self.globals[root - roots.len()].1.get(scope),
        };
        let mut turns = path.turns as usize;
        for _ in 0..path.steps {
            let next: Vec<_> = strong(thing)
                .into_iter()
                .filter_map(|value| match value {
                    Seen::Object(thing) => Some(thing),
                    _ => None,
                })
                .collect();
            if next.is_empty() {
                break;
            }
            thing = next[turns % next.len()];
            turns /= 7;
        }
        Some(thing)
    }

    fn shadow(&mut self, thing: &Thing) -> &mut Shadow {
        let id = thing.id();
        self.things.get_mut(&id).unwrap_or_else(|| panic!("object {id} was thought dead"))
    }

    fn store(&mut self, holder: &Thing, slot: u16, value: Seen<'_>) {
        let slots = self.shadow(holder).strong.len();
        if slots > 0 {
            let slot = usize::from(slot) % slots;
            let stored = store(holder, slot, value);
            self.shadow(holder).strong[slot] = stored.shadow();
        }
    }

    fn store_weak(&mut self, holder: &Thing, slot: u16, target: Option<&Thing>) {
        let slots = self.shadow(holder).weak.len();
        if slots > 0 {
            let slot = usize::from(slot) % slots;
            let admitted = store_weak(holder, slot, target);
            self.shadow(holder).weak[slot] = target.filter(|_| admitted).map(Thing::id);
        }
    }

    /// A new object whose tagged slots refer to `target`, if there is one; nothing if there is no memory.
    fn make<'s>(
        &mut self,
        scope: &mut HandleScope<'s>,
        (class, place, size, seed): (Class, Place, usize, u32),
        target: Option<Root<'s>>,
    ) -> Option<Root<'s>> {
        let id = self.next;
        self.next += 1;
        let any: Handle<'s, Any> = match target {
            Some((_, handle)) => handle.to_any(),
            None => scope.handle(smi(id)),
        };
        let any_shadow = target.map_or(Strong::Smi(id), |(target, _)| Strong::Object(target));
        let option = target.map(|(_, handle)| handle);
        let option_shadow = target.map_or(Strong::Nothing, |(target, _)| Strong::Object(target));
        let weak_shadow = target.map(|(target, _)| target);
        let knot = KnotInit { parent: ThingInit { id }, left: any, right: option, count: 0, peer: option };
        macro_rules! make {
            ($Class:ident, $bytes:expr, $init:expr) => {
                match place {
                    Place::Young => $Class::try_new(scope, $init).map(Handle::upcast),
                    Place::Old => $Class::try_new_in(scope, AllocationType::Old, $init).map(Handle::upcast),
                    Place::Reserved if $bytes > 32 << 10 => $Class::try_new(scope, $init).map(Handle::upcast),
                    Place::Reserved => scope.reserve($bytes).map(|memory| {
                        let object = $Class::new_reserved(&memory, $init);
                        memory.handle(object).upcast()
                    }),
                }
            };
        }
        let made: Result<Handle<'s, Thing>, OutOfMemory> = match class {
            Class::Knot => make!(Knot, Knot::SIZE, knot),
            Class::Braid => make!(
                Braid,
                Braid::SIZE,
                BraidInit {
                    parent: knot,
                    raw: 0,
                    strand: smi(id),
                    wide: 0,
                    friend: Nil,
                    flags: Flags::new(),
                    half: 0,
                    byte: 0,
                    on: false,
                    end: any,
                    bits: Wide::new(),
                }
            ),
            Class::List => make!(
                List,
                List::size_for(size),
                ListInit { parent: ThingInit { id }, elements: Filled::new(any, size) }
            ),
            Class::Fringe => make!(
                Fringe,
                Fringe::size_for(size),
                FringeInit { parent: ThingInit { id }, head: any, raw: 0, threads: Filled::new(option, size) }
            ),
            Class::WeakList => {
                make!(
                    WeakList,
                    WeakList::size_for(size),
                    WeakListInit { parent: ThingInit { id }, elements: Filled::new(option, size) }
                )
            }
            Class::Blob => {
                let size = size * 4;
                make!(Blob, Blob::size_for(size), BlobInit { parent: ThingInit { id }, bytes: Filled::new(0xaa, size) })
            }
            Class::Book => {
                let size = size / 2;
                let init =
                    BookInit { parent: ThingInit { id }, title: any, note: option, numbers: Filled::new(0.5, size) };
                make!(Book, Book::size_for(size), init)
            }
        };
        let handle = match made {
            Ok(handle) => handle,
            Err(error) => {
                assert!(self.is_tight, "{error}");
                self.failures += 1;
                return None;
            }
        };
        let strong = match class {
            Class::Knot => vec![any_shadow, option_shadow],
            Class::Braid => vec![any_shadow, option_shadow, Strong::Smi(id), any_shadow],
            Class::List => vec![any_shadow; size],
            Class::Fringe => [vec![any_shadow], vec![option_shadow; size]].concat(),
            Class::Book => vec![any_shadow],
            Class::WeakList | Class::Blob => Vec::new(),
        };
        let weak = match class {
            Class::Knot | Class::Book => vec![weak_shadow],
            Class::Braid => vec![weak_shadow, None],
            Class::WeakList => vec![weak_shadow; size],
            Class::List | Class::Fringe | Class::Blob => Vec::new(),
        };
        let length = match class {
            Class::Knot | Class::Braid => 0,
            Class::Blob => size * 4,
            Class::Book => size / 2,
            _ => size,
        };
        self.things.insert(id, Shadow { class, strong, weak, seed, length });
        let thing = handle.get(scope);
        fill(thing, seed);
        let bytes = thing.as_heap_object().size();
        match (place, thing.as_heap_object().space()) {
            (Place::Old, SpaceId::LargeObject) => assert!(bytes > 128 << 10),
            (Place::Old, space) => assert_eq!(space, SpaceId::Old),
            (_, SpaceId::NewLargeObject) => assert!(bytes > 128 << 10),
            (_, space) => {
                assert_eq!(space, if bytes > 32 << 10 { SpaceId::Old } else { SpaceId::New }, "{bytes} bytes");
            }
        }
        Some((id, handle))
    }

    /// What the model's strong references reach.
    fn reachable(&self, roots: &[Root<'_>]) -> HashSet<i32> {
        let mut reached = HashSet::new();
        let mut pending: Vec<i32> = roots.iter().map(|r| r.0).chain(self.globals.iter().map(|g| g.0)).collect();
        while let Some(id) = pending.pop() {
            if reached.insert(id) {
                pending.extend(self.things[&id].strong.iter().filter_map(|value| match value {
                    Strong::Object(id) => Some(*id),
                    _ => None,
                }));
            }
        }
        reached
    }

    /// Compares all that can be reached, weak references included. `all_cleared`: right after a full collection, when
    /// no weak reference to what is dead may be left.
    fn compare<'gc>(&mut self, scope: &'gc HandleScope<'_>, roots: &[Root<'gc>], all_cleared: bool) {
        let reachable = self.reachable(roots);
        let mut pending: Vec<(i32, &Thing)> = roots.iter().map(|(id, handle)| (*id, handle.get(scope))).collect();
        pending.extend(self.globals.iter().map(|(id, global)| (*id, global.get(scope))));
        let (mut cleared, mut visible) = (HashSet::new(), HashSet::new());
        let mut weak_reference = |model: &mut Option<i32>, heap: Option<&'gc Thing>| match (*model, heap) {
            (None, None) => None,
            (Some(id), None) => {
                assert!(!reachable.contains(&id), "a weak reference to the living {id} was cleared");
                cleared.insert(id);
                *model = None;
                None
            }
            (Some(id), Some(thing)) => {
                assert!(!all_cleared || reachable.contains(&id), "a weak reference to the dead {id} is left");
                visible.insert(id);
                Some((id, thing))
            }
            (None, Some(thing)) => panic!("a weak reference to {} out of nothing", thing.id()),
        };
        for (model, global) in &mut self.weak_globals {
            pending.extend(weak_reference(model, global.get(scope)));
        }
        let mut addresses: HashMap<i32, usize> = HashMap::new();
        while let Some((id, thing)) = pending.pop() {
            let address = thing.as_heap_object().address();
            assert_eq!(thing.id(), id, "another object than that which was stored");
            if let Some(known) = addresses.insert(id, address) {
                assert_eq!(known, address, "object {id} exists twice");
                continue;
            }
            if matches!(thing.as_heap_object().space(), SpaceId::NewLargeObject | SpaceId::LargeObject) {
                assert_eq!(*self.fixed.entry(id).or_insert(address), address, "a large object moved");
            }
            let shadow = self.things.get_mut(&id).unwrap_or_else(|| panic!("object {id} came back from the dead"));
            assert_eq!((class_of(thing), length_of(thing)), (shadow.class, shadow.length));
            check_raw(thing, shadow.seed);
            let strong = strong(thing);
            assert_eq!(strong.len(), shadow.strong.len());
            let mut last = None;
            for (slot, (heap, model)) in strong.into_iter().zip(&shadow.strong).enumerate() {
                assert_eq!(heap.shadow(), *model, "strong slot {slot} of {id}, a {:?}", shadow.class);
                if let Seen::Object(thing) = heap
                    && last.replace(thing.id()) != Some(thing.id())
                {
                    pending.push((thing.id(), thing));
                }
            }
            for (heap, model) in weak(thing).into_iter().zip(&mut shadow.weak) {
                if let Some((id, thing)) = weak_reference(model, heap)
                    && last.replace(id) != Some(id)
                {
                    pending.push((id, thing));
                }
            }
        }
        let both: Vec<_> = cleared.intersection(&visible).collect();
        assert!(both.is_empty(), "cleared in one place and left in another: {both:?}");
        let distinct: HashSet<_> = addresses.values().collect();
        assert_eq!(distinct.len(), addresses.len(), "two objects at one address");
        // What nothing shows any more cannot come back.
        self.things.retain(|id, _| addresses.contains_key(id));
        self.fixed.retain(|id, _| addresses.contains_key(id));
        self.weak_globals.retain(|(model, _)| model.is_some());
    }
}

/// Runs operations in one scope until it ends; returns what should escape from it.
fn level<'s>(
    world: &mut World,
    scope: &mut HandleScope<'s>,
    outer: &[Root<'_>],
    ops: &mut core::slice::Iter<'_, Op>,
    depth: usize,
) -> Option<Root<'s>> {
    let mut own: Vec<Root<'s>> = Vec::new();
    macro_rules! visible {
        () => {
            &outer.iter().copied().chain(own.iter().copied()).collect::<Vec<Root<'_>>>()
        };
    }
    while let Some(op) = ops.next() {
        match *op {
            Op::New { class, place, size, target, keep, seed } => {
                let what = (class, place, size, seed);
                if let Keep::Handle = keep {
                    let target = world.find(scope, visible!(), target).map(|t| (t.id(), scope.handle(t)));
                    own.extend(target);
                    own.extend(world.make(scope, what, target));
                } else {
                    let mut inner = scope.nested();
                    let target = world.find(&inner, visible!(), target).map(|t| (t.id(), inner.handle(t)));
                    let Some((id, made)) = world.make(&mut inner, what, target) else { continue };
                    match keep {
                        Keep::Global => world.globals.push((id, Global::new(&inner, made))),
                        Keep::Field(path, slot) => {
                            if let Some(holder) = world.find(&inner, visible!(), path) {
                                world.store(holder, slot, Seen::Object(made.get(&inner)));
                            }
                        }
                        Keep::Handle | Keep::Nothing => {}
                    }
                }
            }
            Op::Chain { length, target, seed } => {
                let target = world.find(scope, visible!(), target).map(|t| (t.id(), scope.handle(t)));
                own.extend(target);
                let memory = match scope.reserve(usize::from(length) * Knot::SIZE) {
                    Ok(memory) => memory,
                    Err(error) => {
                        assert!(world.is_tight, "{error}");
                        world.failures += 1;
                        continue;
                    }
                };
                let mut last: Option<&Thing> = target.map(|(_, handle)| handle.get(&memory));
                for _ in 0..length {
                    let id = world.next;
                    world.next += 1;
                    let init = KnotInit {
                        parent: ThingInit { id },
                        left: smi(id),
                        right: last,
                        count: (seed >> 2) as i32,
                        peer: last,
                    };
                    let knot = Knot::new_reserved(&memory, init);
                    let shadow = Shadow {
                        class: Class::Knot,
                        strong: vec![Strong::Smi(id), last.map_or(Strong::Nothing, |t| Strong::Object(t.id()))],
                        weak: vec![last.map(Thing::id)],
                        seed,
                        length: 0,
                    };
                    world.things.insert(id, shadow);
                    last = Some(knot.upcast());
                }
                assert_eq!(memory.available(), 0);
                own.extend(last.map(|thing| (thing.id(), memory.handle(thing))));
            }
            Op::Store { holder, slot, value } => {
                let roots = visible!();
                if let Some(holder) = world.find(scope, roots, holder) {
                    let value = match value {
                        Value::Smi(n) => Seen::Smi(n),
                        Value::Nothing => Seen::Nothing,
                        Value::Object(path) => world.find(scope, roots, path).map_or(Seen::Nothing, Seen::Object),
                    };
                    world.store(holder, slot, value);
                }
            }
            Op::StoreWeak { holder, slot, target } => {
                let roots = visible!();
                if let Some(holder) = world.find(scope, roots, holder) {
                    let target = target.and_then(|path| world.find(scope, roots, path));
                    world.store_weak(holder, slot, target);
                }
            }
            Op::Fill { holder, seed } => {
                if let Some(holder) = world.find(scope, visible!(), holder) {
                    fill(holder, seed);
                    world.shadow(holder).seed = seed;
                }
            }
            Op::Hold(path) => {
                let found = world.find(scope, visible!(), path).map(|t| (t.id(), scope.handle(t)));
                own.extend(found);
            }
            Op::HoldWeaklyReferred { holder, slot } => {
                let found = world.find(scope, visible!(), holder).and_then(|holder| {
                    let weak = weak(holder);
                    if weak.is_empty() { None } else { weak[usize::from(slot) % weak.len()] }
                });
                own.extend(found.map(|t| (t.id(), scope.handle(t))));
            }
            Op::MakeGlobal(path) => {
                if let Some(thing) = world.find(scope, visible!(), path) {
                    world.globals.push((thing.id(), Global::from_ref(scope, thing)));
                }
            }
            Op::DropGlobal(index) => {
                if !world.globals.is_empty() {
                    let index = usize::from(index) % world.globals.len();
                    let (id, global) = world.globals.swap_remove(index);
                    if index.is_multiple_of(3) {
                        // A clone keeps the object.
                        world.globals.push((id, global.clone()));
                    }
                }
            }
            Op::MakeWeakGlobal(path) => {
                if let Some(thing) = world.find(scope, visible!(), path) {
                    // A handle is needed for a moment, and is a root as long as the scope lives.
                    let handle = scope.handle(thing);
                    world.weak_globals.push((Some(thing.id()), WeakGlobal::new(scope, handle)));
                    own.push((thing.id(), handle));
                }
            }
            Op::HoldWeakGlobal(index) => {
                if !world.weak_globals.is_empty() {
                    let index = usize::from(index) % world.weak_globals.len();
                    let found = world.weak_globals[index].1.get(scope);
                    own.extend(found.map(|t| (t.id(), scope.handle(t))));
                }
            }
            Op::DropWeakGlobal(index) => {
                if !world.weak_globals.is_empty() {
                    let index = usize::from(index) % world.weak_globals.len();
                    world.weak_globals.swap_remove(index);
                }
            }
            Op::Enter if depth < 12 => {
                let roots = visible!();
                let mut inner = scope.nested();
                level(world, &mut inner, roots, ops, depth + 1);
            }
            Op::EnterEscapable if depth < 12 => {
                let roots = visible!();
                let (mut inner, escape) = scope.escapable();
                if let Some((id, handle)) = level(world, &mut inner, roots, ops, depth + 1) {
                    let handle = escape.escape(&inner, handle);
                    drop(inner);
                    own.push((id, handle));
                }
            }
            Op::Enter | Op::EnterEscapable => {}
            Op::Leave if depth > 0 => return own.last().copied(),
            Op::Leave => {}
            Op::Collect(kind) => {
                scope.collect(kind);
                world.compare(scope, visible!(), kind == CollectionKind::Full);
            }
            Op::Compare => {
                scope.verify().unwrap();
                world.compare(scope, visible!(), false);
            }
        }
    }
    own.last().copied()
}

/// Plays one case from the start of an isolate to its end.
fn play(builder: heapwright::IsolateBuilder, is_tight: bool, ops: &[Op]) -> usize {
    let mut isolate = builder.classes(&CLASSES).verify(true).build().unwrap();
    let mut world = World { is_tight, ..World::default() };
    let mut ops = ops.iter();
    {
        let mut scope = isolate.enter();
        if is_tight {
            // Nothing in the model: it only takes room.
            let ballast = BlobInit { parent: ThingInit { id: -1 }, bytes: &vec![0; 4 << 20] };
            Blob::new(&mut scope, ballast);
        }
        level(&mut world, &mut scope, &[], &mut ops, 0);
        scope.collect(CollectionKind::Full);
    }
    // The handles are gone; the globals are not.
    let mut scope = isolate.enter();
    scope.collect(CollectionKind::Full);
    world.compare(&scope, &[], true);
    world.globals.clear();
    scope.collect(CollectionKind::Full);
    world.compare(&scope, &[], true);
    assert!(world.things.is_empty() && world.weak_globals.is_empty());
    let statistics = scope.statistics();
    for (space, statistics) in statistics.spaces {
        if matches!(space, SpaceId::New | SpaceId::Old | SpaceId::NewLargeObject | SpaceId::LargeObject) {
            assert_eq!(statistics.used, 0, "{space} of an empty heap: {statistics:?}");
        }
    }
    world.failures
}

fn run(cases: u32, length: usize, big: u32, builder: impl Fn() -> heapwright::IsolateBuilder) {
    run_tight(cases, length, big, false, builder);
}

/// The same where memory may run out; returns how often it did.
fn run_tight(
    cases: u32,
    length: usize,
    big: u32,
    is_tight: bool,
    builder: impl Fn() -> heapwright::IsolateBuilder,
) -> usize {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let cases = cases * number("HEAPWRIGHT_CASES").unwrap_or(1) as u32;
    let mut seed = *b"heapwright: graphs of objects...";
    seed[..8].copy_from_slice(&number("HEAPWRIGHT_SEED").unwrap_or(0).to_le_bytes());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 3000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let strategy = vec(op(big), length / 2..length);
    let failures = std::cell::Cell::new(0);
    let result = runner.run(&strategy, |ops| {
        failures.set(failures.get() + play(builder(), is_tight, &ops));
        Ok(())
    });
    match result {
        Ok(()) => failures.get(),
        Err(TestError::Fail(reason, ops)) => {
            let ops: Vec<_> = ops.iter().map(|op| format!("    {op:?}\n")).collect();
            panic!("{reason}, after {} operations:\n{}", ops.len(), ops.concat());
        }
        Err(error) => panic!("{error}"),
    }
}

fn tiny() -> heapwright::IsolateBuilder {
    Isolate::builder().semi_space_size(256 << 10, 512 << 10)
}

#[test]
fn no_stress() {
    run(20, 500, 10, Isolate::builder);
}

#[test]
fn no_stress_tiny_semi_spaces() {
    run(20, 500, 10, tiny);
}

#[test]
fn young_at_every_allocation() {
    run(6, 160, 2, || Isolate::builder().stress(1, CollectionKind::Young));
}

#[test]
fn young_at_every_allocation_tiny_semi_spaces() {
    run(6, 160, 2, || tiny().stress(1, CollectionKind::Young));
}

#[test]
fn full_at_every_allocation() {
    run(6, 160, 2, || Isolate::builder().stress(1, CollectionKind::Full));
}

#[test]
fn full_at_every_allocation_tiny_semi_spaces() {
    run(6, 160, 2, || tiny().stress(1, CollectionKind::Full));
}

#[test]
fn full_at_every_seventh_allocation() {
    run(10, 250, 4, || Isolate::builder().stress(7, CollectionKind::Full));
}

#[test]
fn full_at_every_seventh_allocation_tiny_semi_spaces() {
    run(10, 250, 4, || tiny().stress(7, CollectionKind::Full));
}

#[test]
fn marking_all_the_time() {
    run(5, 200, 3, || tiny().stress(1, CollectionKind::Young).stress_marking());
    run(5, 200, 3, || Isolate::builder().stress(3, CollectionKind::Young).stress_marking());
    run(8, 300, 4, || tiny().stress(25, CollectionKind::Full).stress_marking());
    run(8, 300, 4, || Isolate::builder().stress(60, CollectionKind::Full).stress_marking());
}

#[test]
fn several_threads() {
    for threads in [2, 4] {
        let several = |builder: heapwright::IsolateBuilder| builder.gc_threads(threads).stress_threads();
        run(6, 400, 10, || several(tiny()));
        run(2, 160, 2, || several(tiny()).stress(1, CollectionKind::Young));
        run(2, 160, 2, || several(Isolate::builder()).stress(3, CollectionKind::Full));
        run(2, 200, 3, || several(tiny()).stress(2, CollectionKind::Young).stress_marking());
    }
    run(6, 400, 10, || tiny().gc_threads(1));
}

#[test]
fn promoted_as_it_lies() {
    for seed in 0..4 {
        let promoting = |builder: heapwright::IsolateBuilder| builder.stress_promotion(seed);
        run(3, 400, 10, || promoting(tiny()));
        run(2, 160, 2, || promoting(tiny()).stress(1, CollectionKind::Young));
        run(2, 160, 2, || promoting(Isolate::builder()).stress(3, CollectionKind::Full));
        run(2, 200, 3, || promoting(tiny()).stress(2, CollectionKind::Young).stress_marking());
        run(2, 300, 4, || promoting(tiny()).stress(25, CollectionKind::Full).stress_marking());
        run(2, 200, 3, || promoting(tiny()).gc_threads(3).stress_threads().stress(3, CollectionKind::Young));
        run(2, 200, 3, || promoting(tiny()).stress_compaction().stress(5, CollectionKind::Full));
    }
}

#[test]
fn memory_runs_out_now_and_then() {
    let failures = run_tight(3, 360, 600, true, || Isolate::builder().max_heap_size(8 << 20));
    assert!(failures > 0);
    run_tight(1, 300, 600, true, || tiny().max_heap_size(8 << 20).stress(9, CollectionKind::Young));
}

/// An observer that looks at everything it is told changes nothing for the collector.
mod observed {
    use super::*;
    use heapwright::{StoreFilter, Stored};
    use std::sync::atomic::{AtomicUsize, Ordering};

    static SEEN: AtomicUsize = AtomicUsize::new(0);

    heapwright::heap_roots! {
        static ROOTS, keys in root, getters in ObservedRoots, set up by set_up;
        nothing: Any,
    }

    fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
        scope.set_root(root::nothing, Smi::ZERO);
        let observer = scope.observe_stores(StoreFilter::class::<Thing>(), |store| {
            let size = match store.value() {
                Stored::Tagged(value) => value.as_object().map_or(0, HeapObject::size),
                Stored::Weak(referent) => referent.map_or(0, HeapObject::size),
                Stored::Raw(_) => panic!("nothing raw is observed"),
            };
            SEEN.fetch_add(store.host().size() + size, Ordering::Relaxed);
        });
        let _for_good = observer.unwrap();
        Ok(())
    }

    #[test]
    fn graphs_are_the_same_under_an_observer() {
        run(10, 500, 10, || tiny().roots(&ROOTS));
        run(3, 160, 2, || tiny().roots(&ROOTS).stress(1, CollectionKind::Young));
        run(3, 160, 2, || Isolate::builder().roots(&ROOTS).stress(1, CollectionKind::Full));
        assert!(SEEN.load(Ordering::Relaxed) > 0);
    }
}
