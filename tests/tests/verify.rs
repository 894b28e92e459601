//! Verification must be shown to fire: each kind of damage is done to a heap, by hand, and found.
//!
//! The only test file with `unsafe`: it skips barriers and writes over words of objects. What was overwritten is put
//! back before the heap is used again.
#![allow(missing_docs)]

use heapwright::inspect::{VerifyError, Violation};
use heapwright::stress::Mode;
use heapwright::tagged::TAGGED_SIZE;
use heapwright::{SpaceId, WriteBarrierMode, prelude::*};
use heapwright_tests::{CHUNK, panic_message};

#[heap_object]
pub struct Node {
    value: Smi,
    next: Tagged<Option<Node>>,
    other: Tagged<Bytes>,
    either: Tagged<(Node, Smi)>,
    any: Tagged<Any>,
    weak: Weak<Node>,
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
pub struct Bytes {
    #[constant]
    length: Smi,
    #[constant]
    #[length = length]
    data: [u8],
}

heap_classes! { pub static CLASSES = [Node, Array, WeakArray, Bytes]; }

const YOUNG: AllocationType = AllocationType::Young;
const OLD: AllocationType = AllocationType::Old;

#[cfg(feature = "pointer-compression")]
type RawWord = u32;
#[cfg(not(feature = "pointer-compression"))]
type RawWord = u64;

const _: () = assert!(size_of::<RawWord>() == TAGGED_SIZE);

/// What stands for a strong reference to an address.
fn strong(address: usize) -> RawWord {
    (address | 1) as RawWord
}

fn weak(address: usize) -> RawWord {
    (address | 3) as RawWord
}

fn smi_word(value: i32) -> RawWord {
    if TAGGED_SIZE == 4 { (value << 1) as RawWord } else { ((i64::from(value)) << 32) as RawWord }
}

/// Reads a tagged word of the heap.
///
/// # Safety
///
/// `address` is that of a tagged word of an object.
unsafe fn peek(address: usize) -> RawWord {
    // SAFETY: the caller's contract; the heap's memory is exposed.
    unsafe { core::ptr::with_exposed_provenance::<RawWord>(address).read() }
}

/// Overwrites a tagged word of the heap and returns what was there.
///
/// # Safety
///
/// `address` is that of a tagged word of an object, and nothing looks at the word but the verifier until it is put back.
unsafe fn poke(address: usize, word: RawWord) -> RawWord {
    // SAFETY: the caller's contract; the heap's memory is exposed, and tagged words are written by this thread alone.
    unsafe { core::ptr::with_exposed_provenance_mut::<RawWord>(address).replace(word) }
}

/// Does damage, returns what the verifier says, and undoes it.
fn damage(scope: &HandleScope<'_>, address: usize, word: RawWord) -> VerifyError {
    scope.verify().expect("whole before");
    // SAFETY: callers give the address of a tagged word of a live object; only the verifier runs before it is put back.
    let before = unsafe { poke(address, word) };
    let error = scope.verify();
    // SAFETY: as above.
    unsafe { poke(address, before) };
    scope.verify().expect("whole again");
    error.expect_err("the damage was not found")
}

/// What is damaged is young, or old, or about to die, and is still so when the verifier comes.
fn isolate() -> Isolate {
    Isolate::builder().unstressed(Mode::Allocations).classes(&CLASSES).build().unwrap()
}

fn bytes<'s>(scope: &mut HandleScope<'s>) -> Handle<'s, Bytes> {
    Bytes::new(scope, BytesInit { data: b"some bytes" })
}

fn node<'s>(scope: &mut HandleScope<'s>, place: AllocationType) -> Handle<'s, Node> {
    let other = bytes(scope);
    let init = NodeInit { value: 1, next: Nil, other, either: smi(2), any: smi(3), weak: Nil };
    Node::try_new_in(scope, place, init).unwrap()
}

fn address<T: heapwright::IsA<HeapObject>>(scope: &HandleScope<'_>, object: Handle<'_, T>) -> usize {
    object.upcast::<HeapObject>().get(scope).address()
}

#[test]
fn a_skipped_barrier_is_found_in_fields() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let old = node(&mut scope, OLD);
    let young = node(&mut scope, YOUNG);
    let at = address(&scope, old);
    // SAFETY: not kept: the stores below are exactly those that need a barrier. Each is found and undone before
    // anything collects.
    let skip = unsafe { WriteBarrierMode::skip() };
    let expect = |field: &'static str, offset: usize| {
        let error = scope.verify().unwrap_err();
        assert_eq!(error.violation, Violation::NotRemembered { field });
        assert_eq!((error.class, error.space, error.address, error.offset), ("Node", SpaceId::Old, at, offset));
        assert!(error.to_string().contains(&format!("field `{field}` refers to a young object")), "{error}");
    };
    scope.verify().unwrap();
    let raw = old.get(&scope);
    raw.set_next(WithMode(young, skip));
    expect("next", Node::NEXT_OFFSET);
    raw.set_next(Nil);
    raw.set_either(WithMode(young, skip));
    expect("either", Node::EITHER_OFFSET);
    raw.set_either(smi(0));
    raw.set_any(WithMode(young, skip));
    expect("any", Node::ANY_OFFSET);
    raw.set_any(smi(0));
    raw.set_weak(WithMode(young, skip));
    expect("weak", Node::WEAK_OFFSET);
    // A store with a barrier mends it.
    raw.set_weak(WithMode(young, WriteBarrierMode::UPDATE));
    scope.verify().unwrap();
    scope.collect(CollectionKind::Young);
    assert!(core::ptr::eq(old.get(&scope).weak().unwrap(), young.get(&scope)));
}

#[test]
fn a_skipped_barrier_is_found_in_elements_old_and_large() {
    for length in [10, 100_000] {
        let mut isolate = isolate();
        let mut scope = isolate.enter();
        let young = node(&mut scope, YOUNG);
        let array = Array::try_new_in(&mut scope, OLD, ArrayInit { elements: Filled::new(smi(0), length) }).unwrap();
        let weak =
            WeakArray::try_new_in(&mut scope, OLD, WeakArrayInit { elements: Filled::new(Nil, length) }).unwrap();
        let space = if length > 10 { SpaceId::LargeObject } else { SpaceId::Old };
        // SAFETY: as above: found and undone before anything collects.
        let skip = unsafe { WriteBarrierMode::skip() };
        for i in [0, length / 2, length - 1] {
            array.get(&scope).set_elements(i, WithMode(young, skip));
            let error = scope.verify().unwrap_err();
            assert_eq!(error.violation, Violation::NotRemembered { field: "elements" });
            assert_eq!((error.class, error.space), ("Array", space));
            assert_eq!(error.offset, Array::HEADER_SIZE + i * TAGGED_SIZE);
            array.get(&scope).set_elements(i, smi(0));
            weak.get(&scope).set_elements(i, WithMode(young, skip));
            let error = scope.verify().unwrap_err();
            assert_eq!(error.violation, Violation::NotRemembered { field: "elements" });
            assert_eq!((error.class, error.space), ("WeakArray", space));
            weak.get(&scope).set_elements(i, young);
            scope.verify().unwrap();
        }
    }
}

#[test]
fn skipping_is_allowed_where_its_contract_holds() {
    let mut isolate = Isolate::builder().classes(&CLASSES).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let (old, other, young) = (node(&mut scope, OLD), node(&mut scope, OLD), node(&mut scope, YOUNG));
    // SAFETY: the stores are of an old object into an old one, and into a young one.
    let skip = unsafe { WriteBarrierMode::skip() };
    old.get(&scope).set_next(WithMode(other, skip));
    young.get(&scope).set_next(WithMode(old, skip));
    young.get(&scope).set_weak(WithMode(young, skip));
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        scope.collect(kind);
        assert!(core::ptr::eq(old.get(&scope).next().unwrap(), other.get(&scope)));
        assert!(core::ptr::eq(young.get(&scope).next().unwrap(), old.get(&scope)));
        assert!(core::ptr::eq(young.get(&scope).weak().unwrap(), young.get(&scope)));
    }
}

#[test]
fn a_word_that_is_no_map_is_found() {
    for place in [YOUNG, OLD] {
        let mut isolate = isolate();
        let mut scope = isolate.enter();
        let object = node(&mut scope, place);
        let other = node(&mut scope, place);
        let at = address(&scope, object);
        let space = object.get(&scope).as_heap_object().space();
        let map = {
            // SAFETY: the first word of an object.
            unsafe { peek(at) }
        };
        let words = [
            0,
            smi_word(77),
            3,
            strong(address(&scope, other)),
            strong(map as usize + TAGGED_SIZE),
            map | 2,
            0xdead_beed,
        ];
        for word in words {
            let error = damage(&scope, at, word);
            assert!(matches!(error.violation, Violation::BadMap { .. }), "{word:#x}: {error}");
            assert_eq!((error.address, error.space, error.offset), (at, space, 0));
        }
    }
}

#[test]
fn a_damaged_map_is_found() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let object = node(&mut scope, YOUNG);
    let map = object.get(&scope).as_heap_object().map().as_heap_object().address();
    for word in [0, strong(address(&scope, object))] {
        let error = damage(&scope, map, word);
        assert!(matches!(error.violation, Violation::BadMap { .. }), "{error}");
        assert_eq!((error.address, error.space), (map, SpaceId::Map));
    }
}

#[test]
fn another_classes_map_is_found() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let bytes = bytes(&mut scope);
    let array = Array::try_new_in(&mut scope, OLD, ArrayInit { elements: Filled::new(smi(1), 100) }).unwrap();
    let map_word = |address: usize| {
        // SAFETY: the first word of an object.
        unsafe { peek(address) }
    };
    // The bytes of a string are no tagged values; an array's elements are no node's fields.
    damage(&scope, address(&scope, bytes), map_word(address(&scope, array)));
    let node = node(&mut scope, OLD);
    damage(&scope, address(&scope, array), map_word(address(&scope, node)));
    damage(&scope, address(&scope, node), map_word(address(&scope, array)));
}

#[test]
fn a_wrong_class_in_a_field_is_found() {
    for place in [YOUNG, OLD] {
        let mut isolate = isolate();
        let mut scope = isolate.enter();
        let object = node(&mut scope, place);
        let bytes = Bytes::try_new_in(&mut scope, OLD, BytesInit { data: b"x" }).unwrap();
        let node = node(&mut scope, OLD);
        let (at, bytes, node) = (address(&scope, object), address(&scope, bytes), address(&scope, node));
        let wrong = [
            ("next", Node::NEXT_OFFSET, strong(bytes), "a Bytes"),
            ("next", Node::NEXT_OFFSET, smi_word(5), "a Smi"),
            ("other", Node::OTHER_OFFSET, strong(node), "a Node"),
            ("other", Node::OTHER_OFFSET, smi_word(0), "a Smi"),
            ("either", Node::EITHER_OFFSET, strong(bytes), "a Bytes"),
            ("weak", Node::WEAK_OFFSET, weak(bytes), "a Bytes"),
            ("weak", Node::WEAK_OFFSET, smi_word(1), "a Smi"),
        ];
        for (name, offset, word, what) in wrong {
            let error = damage(&scope, at + offset, word);
            match &error.violation {
                Violation::WrongType { field, found } => assert!(*field == name && found.starts_with(what), "{error}"),
                _ => panic!("{name} {word:#x}: {error}"),
            }
            assert_eq!((error.class, error.address, error.offset), ("Node", at, offset));
        }
        let error = damage(&scope, at + Node::VALUE_OFFSET, strong(node));
        assert!(matches!(error.violation, Violation::WrongType { field: "value", .. }), "{error}");
    }
}

#[test]
fn a_wrong_strength_is_found() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let object = node(&mut scope, YOUNG);
    let (at, target) = (address(&scope, object), address(&scope, object));
    for (field, offset, word) in [
        ("next", Node::NEXT_OFFSET, weak(target)),
        ("any", Node::ANY_OFFSET, weak(target)),
        ("any", Node::ANY_OFFSET, 3),
        ("weak", Node::WEAK_OFFSET, strong(target)),
    ] {
        let error = damage(&scope, at + offset, word);
        assert_eq!(error.violation, Violation::WrongStrength { field }, "{error}");
    }
}

#[test]
fn a_reference_to_no_object_is_found() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let object = node(&mut scope, YOUNG);
    let large = Array::new(&mut scope, ArrayInit { elements: Filled::new(smi(0), 100_000) });
    let old = Array::try_new_in(&mut scope, OLD, ArrayInit { elements: Filled::new(smi(0), 5) }).unwrap();
    let young_end = Node::SIZE + address(&scope, object);
    let targets = [
        address(&scope, object) + TAGGED_SIZE,
        young_end + 400,
        address(&scope, large) + 4096,
        address(&scope, old) + Array::size_for(5),
    ];
    for target in targets {
        for (field, offset, word) in [
            ("next", Node::NEXT_OFFSET, strong(target)),
            ("any", Node::ANY_OFFSET, strong(target)),
            ("weak", Node::WEAK_OFFSET, weak(target)),
        ] {
            let error = damage(&scope, address(&scope, object) + offset, word);
            match error.violation {
                Violation::DanglingReference { field: f, target: t } => assert_eq!((f, t), (field, target)),
                _ => panic!("{error}"),
            }
        }
    }
}

#[test]
fn a_length_beyond_the_chunk_is_found() {
    for (place, length) in [(YOUNG, 10), (OLD, 10), (YOUNG, 100_000)] {
        let mut isolate = isolate();
        let mut scope = isolate.enter();
        let array = Array::try_new_in(&mut scope, place, ArrayInit { elements: Filled::new(smi(0), length) }).unwrap();
        let at = address(&scope, array);
        let error = damage(&scope, at + Array::LENGTH_OFFSET, smi_word(1_000_000));
        assert_eq!(error.violation, Violation::TooLarge { size: Array::size_for(1_000_000) }, "{error}");
        assert_eq!((error.class, error.address), ("Array", at));
        // One element too many, where nothing follows: the last young object, the last before free memory, a large one.
        damage(&scope, at + Array::LENGTH_OFFSET, smi_word(length as i32 + 1));
    }
}

#[test]
fn wrong_chunk_flags_are_found() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let young = node(&mut scope, YOUNG);
    let old = node(&mut scope, OLD);
    let large = Array::new(&mut scope, ArrayInit { elements: Filled::new(smi(0), 100_000) });
    let objects = [
        (address(&scope, young), SpaceId::New),
        (address(&scope, old), SpaceId::Old),
        (address(&scope, large), SpaceId::NewLargeObject),
    ];
    for (object, space) in objects {
        // The flags are the first four bytes of a chunk.
        let flags = core::ptr::with_exposed_provenance_mut::<u32>(object & !(CHUNK - 1));
        for bit in [0, 3] {
            // SAFETY: the header of a chunk in use; put back before anything but the verifier looks.
            unsafe { flags.write(flags.read() ^ (1 << bit)) };
            let error = scope.verify().unwrap_err();
            // SAFETY: as above.
            unsafe { flags.write(flags.read() ^ (1 << bit)) };
            assert_eq!((error.violation, error.space), (Violation::BadChunkFlags, space));
        }
        scope.verify().unwrap();
    }
}

#[test]
fn collections_verify_before_and_after_when_asked() {
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        let mut isolate = Isolate::builder().classes(&CLASSES).verify(true).build().unwrap();
        let mut scope = isolate.enter();
        let object = node(&mut scope, OLD);
        let at = address(&scope, object) + Node::NEXT_OFFSET;
        // SAFETY: a tagged word of a live object; the verifier stops the collection before it looks.
        let before = unsafe { poke(at, smi_word(9)) };
        let message = panic_message(|| scope.collect(kind));
        assert!(message.starts_with("heap verification failed before a collection: Node at"), "{message}");
        // SAFETY: as above.
        unsafe { poke(at, before) };
        scope.collect(kind);
        scope.verify().unwrap();
    }
}

/// The half of a word that says whether a weak reference is cleared.
#[allow(clippy::unnecessary_cast)] // not with full pointers
fn low(word: RawWord) -> u32 {
    word as u32
}

/// The encodings that the reference gives, in memory.
#[test]
fn words_in_memory_are_v8s() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let holder = node(&mut scope, OLD);
    let at = address(&scope, holder);
    let word = |offset: usize| {
        // SAFETY: a tagged word of a live old object.
        unsafe { peek(at + offset) }
    };
    for value in [0, 1, -1, 123_456, -99, heapwright::Smi::MAX.value(), heapwright::Smi::MIN.value()] {
        holder.get(&scope).set_value(value);
        assert_eq!(word(Node::VALUE_OFFSET), smi_word(value));
        assert_eq!(holder.get(&scope).value(), value);
    }
    assert_eq!(low(word(Node::WEAK_OFFSET)), 3, "no referent");
    assert_eq!(word(Node::NEXT_OFFSET), 0, "`None` is the Smi zero");
    {
        let mut inner = scope.nested();
        let target = node(&mut inner, YOUNG);
        holder.get(&inner).set_weak(target);
        holder.get(&inner).set_next(target);
        let target = address(&inner, target);
        assert_eq!((word(Node::NEXT_OFFSET), word(Node::WEAK_OFFSET)), (strong(target), weak(target)));
        assert_eq!((word(Node::NEXT_OFFSET) & 3, word(Node::WEAK_OFFSET) & 3), (1, 3));
        holder.get(&inner).set_next(Nil);
    }
    scope.collect(CollectionKind::Young);
    assert_eq!(low(word(Node::WEAK_OFFSET)), 3, "cleared");
    assert!(holder.get(&scope).weak().is_none());
}
