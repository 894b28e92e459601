//! The verifier fires, continued from `verify.rs`: on faults of what lies outside of objects' fields, planted with
//! `heapwright::__private::plant`. Each row of the reference's list has a test here or there:
//!
//! | what is checked | proved by |
//! |---|---|
//! | maps valid | here, byte by byte; `verify.rs`: map words, lengths, another class's map |
//! | no forwarding words | here |
//! | flags and owners consistent | here: owners, and each flag of each space; `verify.rs`: flags, and what they are for |
//! | every old-to-young pointer remembered | here: a slot dropped; `verify.rs`: barriers skipped |
//! | data-only classes hold no pointers | here |
//! | marking complete | here: a barrier skipped while marking, a mark lost |
//! | no pointer into evacuated or free memory | here; `verify.rs`: to where no object begins |
//! | roots | here |
#![allow(missing_docs)]

use heapwright::__private::{Fault, plant};
use heapwright::inspect::{VerifyError, Violation};
use heapwright::memory::ChunkFlags;
use heapwright::stress::Mode;
use heapwright::tagged::TAGGED_SIZE;
use heapwright::{Eternal, HeapClass, IsolateBuilder, Map, SpaceId, WriteBarrierMode, prelude::*};
use heapwright_tests::{CHUNK, panic_message};

#[heap_object]
pub struct Node {
    value: Smi,
    next: Tagged<Option<Node>>,
    weak: Weak<Node>,
}

#[heap_object]
pub struct Number {
    value: f64,
}

#[heap_object]
pub struct Row {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Option<Node>>],
}

#[heap_struct(ephemeron)]
pub struct Entry {
    key: Weak<Node>,
    value: Tagged<Option<Node>>,
}

#[heap_object]
pub struct Pair {
    entry: Inline<Entry>,
}

heap_classes! { pub static CLASSES = [Node, Number, Row, Pair]; }

const YOUNG: AllocationType = AllocationType::Young;
const OLD: AllocationType = AllocationType::Old;

/// What is damaged is young, or old, or about to die, and is still so when the verifier comes.
fn builder() -> IsolateBuilder {
    Isolate::builder().unstressed(Mode::Allocations).classes(&CLASSES).code_range(1 << 20)
}

fn isolate() -> Isolate {
    builder().build().unwrap()
}

fn node<'s>(scope: &mut HandleScope<'s>, place: AllocationType, value: i32) -> Handle<'s, Node> {
    Node::try_new_in(scope, place, NodeInit { value, next: Nil, weak: Nil }).unwrap()
}

fn address<T: heapwright::IsA<HeapObject>>(scope: &HandleScope<'_>, object: Handle<'_, T>) -> usize {
    object.upcast::<HeapObject>().get(scope).address()
}

/// Plants a fault, returns what the verifier says, and undoes it with another.
fn fault(scope: &HandleScope<'_>, fault: Fault, undo: Fault) -> VerifyError {
    scope.verify().expect("whole before");
    // SAFETY: only the verifier looks at the heap before the fault is undone.
    assert!(unsafe { plant(scope, fault) }, "{fault:?} changes nothing");
    let error = scope.verify();
    // SAFETY: as above.
    unsafe { plant(scope, undo) };
    scope.verify().expect("whole again");
    error.expect_err("the fault was not found")
}

/// Overwrites bytes of the heap, and returns what the verifier says before they are put back.
///
/// # Safety
///
/// There are so many bytes of one object at `address`.
unsafe fn overwrite<const N: usize>(
    scope: &HandleScope<'_>,
    address: usize,
    change: impl FnOnce([u8; N]) -> [u8; N],
) -> Result<(), VerifyError> {
    scope.verify().expect("whole before");
    let bytes = core::ptr::with_exposed_provenance_mut::<[u8; N]>(address);
    // SAFETY: the caller's contract; the heap's memory is exposed, and this thread alone writes to it.
    let before = unsafe { bytes.read_unaligned() };
    // SAFETY: as above; the verifier alone looks at it before it is put back.
    unsafe { bytes.write_unaligned(change(before)) };
    let result = scope.verify();
    // SAFETY: as above.
    unsafe { bytes.write_unaligned(before) };
    scope.verify().expect("whole again");
    result
}

#[test]
fn every_byte_of_a_map_that_says_something_is_checked() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let object = node(&mut scope, YOUNG, 1);
    let map = object.get(&scope).as_heap_object().map().as_heap_object().address();
    let mut checked = Vec::new();
    for (declared_in, field) in Map::LAYOUT.all_fields() {
        if declared_in.parent.is_none() {
            continue; // the map's own map: `verify.rs`
        }
        for byte in 0..field.size.current() as usize {
            let at = map + field.offset.current() as usize + byte;
            // SAFETY: a byte of a map.
            let result = unsafe { overwrite::<1>(&scope, at, |[byte]| [byte ^ 0x11]) };
            let free = field.name.starts_with("bit_field") || field.name == "padding";
            match result {
                Ok(()) => assert!(free, "byte {byte} of `{}` may be anything", field.name),
                Err(error) => {
                    assert!(matches!(error.violation, Violation::DamagedMap { .. }) && !free, "{error}");
                    assert_eq!((error.class, error.address, error.space), ("Map", map, SpaceId::Map));
                    checked.push(error.violation.to_string());
                }
            }
        }
    }
    // A damaged number of a class may be that of another one, which other tests of the process have made: then the type is not right.
    let mut seen = std::collections::HashSet::new();
    checked.retain(|part| seen.insert(part.clone()));
    let parts = ["instance size", "visitor id", "instance type", "class", "body descriptor", "pointer bitmap"];
    let expected = parts.map(|part| format!("the {part} of the map is not that of a class of this isolate"));
    assert_eq!(checked, expected);
}

#[test]
fn a_class_of_pointers_that_claims_to_hold_data_only_is_found() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let (node, number) = (node(&mut scope, OLD, 1), Number::new(&mut scope, NumberInit { value: 0.5 }));
    let body = Map::LAYOUT.all_fields().find(|(_, field)| field.name == "body_descriptor").unwrap().1;
    let at = |object: &HeapObject| object.map().as_heap_object().address() + body.offset.current() as usize;
    // The lowest three bits are the visitor, and 0 is the one that sees no pointers.
    // SAFETY: a byte of a map.
    let result = unsafe { overwrite::<1>(&scope, at(node.get(&scope).as_heap_object()), |[byte]| [byte & !7]) };
    assert_eq!(result.unwrap_err().violation, Violation::DamagedMap { part: "body descriptor" });
    // And the other way round: data that would be taken for pointers.
    // SAFETY: as above.
    let result = unsafe { overwrite::<1>(&scope, at(number.get(&scope).as_heap_object()), |[byte]| [byte | 1]) };
    assert_eq!(result.unwrap_err().violation, Violation::DamagedMap { part: "body descriptor" });
}

#[test]
fn a_forwarding_word_that_was_left_is_found() {
    for place in [YOUNG, OLD] {
        let mut isolate = isolate();
        let mut scope = isolate.enter();
        let (object, other) = (node(&mut scope, place, 1), node(&mut scope, OLD, 2));
        let (at, to) = (address(&scope, object), address(&scope, other));
        // The address of where it went, in as many bytes as a word has: what a scavenge leaves.
        let word: [u8; TAGGED_SIZE] = to.to_le_bytes()[..TAGGED_SIZE].try_into().unwrap();
        // SAFETY: the first word of an object.
        let error = unsafe { overwrite::<TAGGED_SIZE>(&scope, at, |_| word) }.unwrap_err();
        assert_eq!((error.violation, error.address), (Violation::Forwarded { to }, at));
    }
}

#[test]
fn a_reference_to_where_an_object_was_is_found() {
    // Otherwise something else has moved to where it was.
    let mut isolate = builder().unstressed(Mode::Compaction).build().unwrap();
    let mut scope = isolate.enter();
    let (holder, target) = (node(&mut scope, OLD, 1), node(&mut scope, YOUNG, 2));
    holder.get(&scope).set_next(target);
    let slot = address(&scope, holder) + Node::NEXT_OFFSET;
    for _ in 0..2 {
        // A scavenge copies it, the next one promotes it: the word of before leads to memory that is evacuated.
        let old_place = address(&scope, target);
        scope.collect(CollectionKind::Young);
        assert_ne!(address(&scope, target), old_place);
        let word: [u8; TAGGED_SIZE] = (old_place | 1).to_le_bytes()[..TAGGED_SIZE].try_into().unwrap();
        // SAFETY: a tagged word of an object.
        let error = unsafe { overwrite::<TAGGED_SIZE>(&scope, slot, |_| word) }.unwrap_err();
        assert_eq!(error.violation, Violation::DanglingReference { field: "next", target: old_place });
    }
    // The same of an object that is dead and swept.
    let dead = {
        let mut inner = scope.nested();
        let dead = node(&mut inner, OLD, 3);
        address(&inner, dead)
    };
    scope.collect(CollectionKind::Full);
    let word: [u8; TAGGED_SIZE] = (dead | 1).to_le_bytes()[..TAGGED_SIZE].try_into().unwrap();
    // SAFETY: as above.
    let error = unsafe { overwrite::<TAGGED_SIZE>(&scope, slot, |_| word) }.unwrap_err();
    assert_eq!(error.violation, Violation::DanglingReference { field: "next", target: dead });
}

#[test]
fn a_chunk_that_names_another_space_is_found() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let objects = [(node(&mut scope, YOUNG, 1), SpaceId::New), (node(&mut scope, OLD, 1), SpaceId::Old)];
    let map = objects[0].0.get(&scope).as_heap_object().map().as_heap_object().address();
    let objects = objects.map(|(object, space)| (address(&scope, object), space));
    for (at, owner) in [objects[0], objects[1], (map, SpaceId::Map)] {
        // Old and map space have the same flags: only the owner tells them apart.
        for says in SpaceId::ALL.into_iter().filter(|space| *space != owner) {
            let error = fault(&scope, Fault::Owner(at, says), Fault::Owner(at, owner));
            assert_eq!((&error.violation, error.space), (&Violation::WrongOwner { owner, says }, owner));
            let text = format!("the chunk belongs to {owner}, and says that it belongs to {says}");
            assert!(error.to_string().ends_with(&text), "{error}");
        }
    }
}

#[test]
fn each_flag_of_a_chunk_is_checked_in_each_space() {
    let mut isolate = builder().unstressed(Mode::Marking).build().unwrap(); // it asks where what is young lies
    let mut scope = isolate.enter();
    let (young, old) = (node(&mut scope, YOUNG, 1), node(&mut scope, OLD, 1));
    let map = young.get(&scope).as_heap_object().map().as_heap_object().address();
    let large = |scope: &mut HandleScope<'_>, place| {
        let row = Row::try_new_in(scope, place, RowInit { elements: Filled::new(Nil, 50_000) }).unwrap();
        address(scope, row)
    };
    let places = [
        (address(&scope, young), SpaceId::New),
        (address(&scope, old), SpaceId::Old),
        (map, SpaceId::Map),
        (large(&mut scope, YOUNG), SpaceId::NewLargeObject),
        (large(&mut scope, OLD), SpaceId::LargeObject),
    ];
    scope.verify().unwrap();
    for (at, space) in places {
        for flag in ChunkFlags::all().iter() {
            // What a chunk of the space may have or not, as things are.
            let may_be = match space {
                SpaceId::Old => ChunkFlags::UNSWEPT | ChunkFlags::HAS_EPHEMERONS,
                SpaceId::New | SpaceId::NewLargeObject => ChunkFlags::empty(),
                _ => ChunkFlags::HAS_EPHEMERONS,
            };
            if may_be.contains(flag) {
                continue;
            }
            // The flags are the first four bytes of a chunk.
            // SAFETY: the header of a chunk in use, which only the verifier looks at before it is put back.
            let result = unsafe {
                overwrite::<4>(&scope, at & !(CHUNK - 1), |bytes| {
                    (u32::from_ne_bytes(bytes) ^ flag.bits()).to_ne_bytes()
                })
            };
            let error = result.expect_err("any of them");
            assert_eq!((&error.violation, error.space), (&Violation::BadChunkFlags, space), "{flag:?}: {error}");
        }
    }
}

/// A scavenge would take what it remembers there for strong references.
#[test]
fn ephemerons_that_their_chunk_does_not_know_of_are_found() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let key = node(&mut scope, OLD, 1);
    let pair = Pair::try_new_in(&mut scope, OLD, PairInit { entry: EntryInit { key, value: key } }).unwrap();
    let at = address(&scope, pair);
    let flag = ChunkFlags::HAS_EPHEMERONS.bits();
    // SAFETY: the header of a chunk in use, which only the verifier looks at before it is put back.
    let result =
        unsafe { overwrite::<4>(&scope, at & !(CHUNK - 1), |bytes| (u32::from_ne_bytes(bytes) & !flag).to_ne_bytes()) };
    let error = result.unwrap_err();
    assert_eq!((error.violation, error.class, error.address), (Violation::BadChunkFlags, "Pair", at));
}

#[test]
fn a_remembered_slot_that_was_dropped_is_found() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let (holder, target) = (node(&mut scope, OLD, 1), node(&mut scope, YOUNG, 2));
    for (field, offset) in [("next", Node::NEXT_OFFSET), ("weak", Node::WEAK_OFFSET)] {
        holder.get(&scope).set_next(target);
        holder.get(&scope).set_weak(target);
        scope.verify().unwrap();
        let slot = address(&scope, holder) + offset;
        // SAFETY: nothing is collected before the store below, which remembers the slot again.
        assert!(unsafe { plant(&scope, Fault::ForgetSlot(slot)) });
        let error = scope.verify().unwrap_err();
        assert_eq!((error.violation, error.offset), (Violation::NotRemembered { field }, offset));
    }
    holder.get(&scope).set_next(target);
    holder.get(&scope).set_weak(target);
    scope.verify().unwrap();
}

/// An isolate that marks an object at each allocation, and does not collect by itself.
fn marking() -> Isolate {
    let builder = Isolate::builder().classes(&CLASSES);
    builder.gc_threads(1).stress(u32::MAX, CollectionKind::Young).stress_marking().build().unwrap()
}

#[test]
fn a_barrier_skipped_while_marking_is_found() {
    let mut isolate = marking();
    let mut scope = isolate.enter();
    let hidden_by = node(&mut scope, OLD, 1);
    {
        let mut inner = scope.nested();
        let hidden = node(&mut inner, OLD, 2);
        hidden_by.get(&inner).set_next(hidden);
    }
    let holder = node(&mut scope, OLD, 3);
    scope.collect(CollectionKind::Full);
    // Marking begins anew. Sooner or later the holder has been visited, and what hides the other object has not.
    // SAFETY: not kept: that marking misses the store is what is to be found. It is undone before anything is swept.
    let skip = unsafe { WriteBarrierMode::skip() };
    let mut found = 0;
    for _ in 0..200 {
        node(&mut scope.nested(), YOUNG, 0);
        scope.verify().unwrap();
        let hidden = hidden_by.get(&scope).next().unwrap();
        let target = hidden.as_heap_object().address();
        holder.get(&scope).set_next(WithMode(hidden, skip));
        if let Err(error) = scope.verify() {
            assert_eq!((error.violation, error.offset), (Violation::NotMarked { target }, Node::NEXT_OFFSET));
            assert_eq!(error.address, address(&scope, holder));
            found += 1;
        }
        holder.get(&scope).set_next(Nil);
    }
    assert!(found > 0, "the holder was never black while the other was white");
    scope.collect(CollectionKind::Full);
    scope.verify().unwrap();
}

#[test]
fn a_mark_that_was_lost_is_found() {
    let mut isolate = marking();
    let mut scope = isolate.enter();
    let holder = node(&mut scope, OLD, 1);
    let target = node(&mut scope, OLD, 2);
    holder.get(&scope).set_next(target);
    for _ in 0..100 {
        node(&mut scope.nested(), YOUNG, 0);
    }
    let (holder, target) = (address(&scope, holder), address(&scope, target));
    let error = fault(&scope, Fault::Unmark(target), Fault::Mark(target));
    assert_eq!((error.violation, error.address), (Violation::NotMarked { target }, holder));
}

#[test]
fn a_root_that_leads_nowhere_is_found() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let handle = node(&mut scope, OLD, 1);
    let global = {
        let mut inner = scope.nested();
        let object = node(&mut inner, OLD, 2);
        Global::new(&inner, object)
    };
    let make = |scope: &mut HandleScope<'_>, keep: &mut dyn FnMut(&mut HandleScope<'_>, Handle<'_, Node>)| {
        let mut inner = scope.nested();
        let object = node(&mut inner, OLD, 3);
        let at = address(&inner, object);
        keep(&mut inner, object);
        at
    };
    let (mut weak, mut eternal) = (None, None);
    let weak_at = make(&mut scope, &mut |scope, object| weak = Some(WeakGlobal::new(scope, object)));
    let eternal_at = make(&mut scope, &mut |scope, object| eternal = Some(Eternal::new(scope, object)));
    let held = [
        (address(&scope, handle), "handle"),
        (global.get(&scope).as_heap_object().address(), "global"),
        (weak_at, "weak global"),
        (eternal_at, "eternal handle"),
    ];
    for (at, class) in held {
        for to in [at + TAGGED_SIZE, at + (1 << 16)] {
            let error = fault(&scope, Fault::Roots(at, to), Fault::Roots(to, at));
            assert_eq!(error.violation, Violation::DanglingReference { field: "slot", target: to });
            assert_eq!(error.class, class);
        }
    }
}

#[test]
fn a_collection_stops_at_a_fault_that_it_is_told_to_look_for() {
    let mut isolate = Isolate::builder().classes(&CLASSES).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let (holder, target) = (node(&mut scope, OLD, 1), node(&mut scope, YOUNG, 2));
    holder.get(&scope).set_next(target);
    let slot = address(&scope, holder) + Node::NEXT_OFFSET;
    // SAFETY: the verifier stops the collection before it looks; the store below remembers the slot again.
    assert!(unsafe { plant(&scope, Fault::ForgetSlot(slot)) });
    let message = panic_message(|| scope.collect(CollectionKind::Young));
    assert!(message.contains("before a collection") && message.contains("not in the remembered set"), "{message}");
    holder.get(&scope).set_next(target);
    scope.collect(CollectionKind::Young);
    assert_eq!(holder.get(&scope).next().unwrap().value(), 2);
}

/// `heapwright::seeing` shows what the verifier says of these, with compressed pointers.
#[test]
fn what_is_said_is_what_the_docs_show() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let (holder, target) = (node(&mut scope, OLD, 1), node(&mut scope, YOUNG, 2));
    let next = address(&scope, holder) + Node::NEXT_OFFSET;
    let mut said = Vec::new();

    // A map is damaged,
    let map = holder.get(&scope).as_heap_object().map().as_heap_object().address();
    let size = Map::LAYOUT.all_fields().find(|(_, field)| field.name.contains("size")).unwrap().1;
    // SAFETY: a byte of a map.
    let result = unsafe { overwrite::<1>(&scope, map + size.offset.current() as usize, |[byte]| [byte ^ 1]) };
    said.push(result.unwrap_err());
    // a remembered slot dropped,
    holder.get(&scope).set_next(target);
    // SAFETY: nothing is collected before the slot is remembered again.
    assert!(unsafe { plant(&scope, Fault::ForgetSlot(next)) });
    said.push(scope.verify().unwrap_err());
    holder.get(&scope).set_next(Nil);
    // a barrier skipped,
    // SAFETY: not kept: the store below needs the barrier. It is undone before anything is collected.
    let skip = unsafe { WriteBarrierMode::skip() };
    holder.get(&scope).set_weak(WithMode(target, skip));
    said.push(scope.verify().unwrap_err());
    holder.get(&scope).set_weak(Nil);
    // and a reference left that leads to where an object was.
    let word: [u8; TAGGED_SIZE] = (address(&scope, target) | 1).to_le_bytes()[..TAGGED_SIZE].try_into().unwrap();
    scope.collect(CollectionKind::Young);
    // SAFETY: a tagged word of an object.
    said.push(unsafe { overwrite::<TAGGED_SIZE>(&scope, next, |_| word) }.unwrap_err());

    let without_addresses = |line: &str| {
        let parts = line.split("0x").map(|part| part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
        parts.collect::<Vec<_>>().join("0x")
    };
    let page = include_str!("../../heap/src/seeing.rs").lines().map(without_addresses).collect::<Vec<_>>();
    for error in said {
        println!("{error}");
        let line = without_addresses(&format!("//! {error}"));
        assert!(page.contains(&line) || cfg!(not(feature = "pointer-compression")), "not on the page: {error}");
    }
}
