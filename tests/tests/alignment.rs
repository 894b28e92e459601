//! Alignment: objects of classes that ask for it begin at a multiple of 8 bytes, or 4 beyond, wherever they are moved.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use core::cell::Cell;
use heapwright::spaces::AllocationAlignment;
use heapwright::stress::Mode;
use heapwright::tagged::{HeapClass, TAGGED_SIZE};
use heapwright::{Map, OutOfMemoryReason, SpaceId, heap_roots, prelude::*};
use heapwright_tests::{Random, panic_message};
use proptest::prelude::*;

/// One word with compressed pointers.
#[heap_object]
pub struct Tiny {}

/// Three words: what follows is not where it was.
#[heap_object]
pub struct Odd {
    a: Tagged<Any>,
    b: Tagged<Any>,
}

#[heap_object]
pub struct List {
    #[constant]
    length: Smi,
    #[length = length]
    items: [Tagged<Any>],
}

#[heap_object(align = double, copy)]
pub struct Samples {
    #[constant]
    length: Smi,
    #[length = length]
    data: [f64],
}

/// A map and nothing else.
#[heap_object(align = double)]
pub struct Mark {}

/// Likewise.
#[heap_object(align = double_unaligned)]
pub struct Shifted {}

/// As V8's `HeapNumber`: the value follows the map word.
#[heap_object(align = double_unaligned)]
pub struct Number {
    #[constant]
    value: f64,
}

/// The elements are at byte 12, and at byte 24.
#[heap_object(align = double_unaligned)]
pub struct Words {
    #[constant]
    length: Smi,
    #[constant]
    kind: Smi,
    #[constant]
    #[length = length]
    data: [u64],
}

#[heap_object(align = double, abstract)]
pub struct Wide {
    lane: u32,
    padding: OptionalPadding<4>,
    bits: u64,
}

/// Begins where the class above does.
#[heap_object(extends = Wide)]
pub struct Wider {
    more: Tagged<Any>,
}

/// Says it again, so that its own 8 bytes are aligned too.
#[heap_object(extends = Wide, align = double)]
pub struct Widest {
    #[constant]
    length: Smi,
    padding: Padding<4>,
    padding2: OptionalPadding<4>,
    last: i64,
    #[length = length]
    data: [i64],
}

#[heap_object(align = double)]
pub struct Held {
    value: Smi,
    bits: u64,
}

/// A hidden class: a map of its own.
#[heap_object(extends = Map, align = double)]
pub struct Hidden {
    bits: u64,
}

heap_classes! {
    pub static CLASSES = [Tiny, Odd, List, Samples, Mark, Shifted, Number, Words, Wide, Wider, Widest, Held, Hidden];
}

heap_roots! {
    pub static ROOTS, keys in roots, getters in AlignedRoots, set up by set_up;
    constant: Number,
    mark: Mark,
}

fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    for value in 0..7 {
        Tiny::try_new_in(scope, AllocationType::ReadOnly, TinyInit {})?;
        let number = Number::try_new_in(scope, AllocationType::ReadOnly, NumberInit { value: f64::from(value) })?;
        aligned(number.get(scope));
        scope.set_root(roots::constant, number);
        let mark = Mark::try_new_in(scope, AllocationType::ReadOnly, MarkInit {})?;
        aligned(mark.get(scope));
        scope.set_root(roots::mark, mark);
    }
    Ok(())
}

const KINDS: [CollectionKind; 2] = [CollectionKind::Young, CollectionKind::Full];
const PLACES: [AllocationType; 2] = [AllocationType::Young, AllocationType::Old];
/// What a filler takes at most.
const FILL: usize = 8 - TAGGED_SIZE;

fn builder() -> heapwright::IsolateBuilder {
    Isolate::builder().classes(&CLASSES).verify(true)
}

/// Holds an object to the alignment of its class.
#[track_caller]
fn aligned<T: HeapClass>(object: &T) -> usize {
    let address = core::ptr::from_ref(object).addr();
    let beyond = match T::ALIGNMENT {
        AllocationAlignment::Word => address % TAGGED_SIZE,
        AllocationAlignment::DoubleUnaligned if TAGGED_SIZE == 4 => address % 8 - 4,
        AllocationAlignment::Double | AllocationAlignment::DoubleUnaligned => address % 8,
    };
    assert_eq!(beyond, 0, "a {} at {address:#x}", T::CLASS.name());
    address
}

#[test]
fn classes_say_what_they_are_aligned_to() {
    use AllocationAlignment::{Double, DoubleUnaligned, Word};
    assert_eq!([Tiny::ALIGNMENT, Odd::ALIGNMENT, List::ALIGNMENT], [Word; 3]);
    assert_eq!([Samples::ALIGNMENT, Mark::ALIGNMENT, Wide::ALIGNMENT], [Double; 3]);
    assert_eq!([Number::ALIGNMENT, Words::ALIGNMENT, Shifted::ALIGNMENT], [DoubleUnaligned; 3]);
    assert_eq!([Wider::ALIGNMENT, Widest::ALIGNMENT], [Double; 2], "inherited");
    assert_eq!(Wider::LAYOUT.alignment, Double);
    assert_eq!([Word, Double, DoubleUnaligned].map(AllocationAlignment::maximum_fill), [0, FILL, FILL]);
    let offsets =
        (Samples::HEADER_SIZE, Number::VALUE_OFFSET, Words::HEADER_SIZE, Wide::BITS_OFFSET, Widest::HEADER_SIZE);
    assert_eq!(offsets, if TAGGED_SIZE == 4 { (8, 4, 12, 8, 32) } else { (16, 8, 24, 16, 48) });
}

#[test]
fn objects_are_aligned_in_every_space_and_stay_so() {
    let mut isolate = builder().roots(&ROOTS).build().unwrap();
    let mut scope = isolate.enter();
    assert_eq!(scope.constant().value(), 6.0);
    aligned(scope.constant());
    aligned(scope.mark());
    for place in PLACES {
        let mut all = Vec::new();
        for i in 0..200_u32 {
            for _ in 0..i % 3 {
                Tiny::try_new_in(&mut scope, place, TinyInit {}).unwrap();
            }
            let data = Filled::new(f64::from(i), (i % 5) as usize);
            let samples = Samples::try_new_in(&mut scope, place, SamplesInit { data }).unwrap();
            let number = Number::try_new_in(&mut scope, place, NumberInit { value: f64::from(i) }).unwrap();
            let words = WordsInit { kind: 1, data: &[u64::from(i), 2][..] };
            let words = Words::try_new_in(&mut scope, place, words).unwrap();
            let wider = WiderInit { parent: WideInit { lane: i, bits: u64::MAX - u64::from(i) }, more: number };
            let wider = Wider::try_new_in(&mut scope, place, wider).unwrap();
            let widest =
                WidestInit { parent: WideInit { lane: i, bits: 1 }, last: -1, data: Filled::new(i64::from(i), 2) };
            let widest = Widest::try_new_in(&mut scope, place, widest).unwrap();
            all.push((i, samples, number, words, wider, widest));
        }
        for kind in [None, Some(KINDS[0]), Some(KINDS[0]), Some(KINDS[0]), Some(KINDS[1]), Some(KINDS[1])] {
            kind.into_iter().for_each(|kind| scope.collect(kind));
            for (i, samples, number, words, wider, widest) in &all {
                let samples = samples.get(&scope);
                aligned(samples);
                let data: &[Cell<f64>] = samples.data_slice();
                assert_eq!(data.as_ptr().addr() % 8, 0);
                assert!(data.len() == (i % 5) as usize && data.iter().all(|cell| cell.get() == f64::from(*i)));
                aligned(number.get(&scope));
                assert_eq!(number.get(&scope).value(), f64::from(*i));
                let words = words.get(&scope);
                aligned(words);
                let data: &[u64] = words.data_slice();
                assert_eq!((data.as_ptr().addr() % 8, data), (0, &[u64::from(*i), 2][..]));
                aligned(wider.get(&scope));
                assert_eq!((wider.get(&scope).lane(), wider.get(&scope).bits()), (*i, u64::MAX - u64::from(*i)));
                assert!(core::ptr::eq(wider.get(&scope).more().cast::<Number>(), number.get(&scope)));
                let widest = widest.get(&scope);
                aligned(widest);
                assert_eq!(widest.last(), -1);
                assert!(widest.data_slice().as_ptr().addr() % 8 == 0 && widest.data_iter().eq([i64::from(*i); 2]));
            }
            scope.verify().unwrap();
        }
    }
}

#[test]
fn maps_are_aligned() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    let mut all = Vec::new();
    for bits in 0..50 {
        let parent = scope.map_init::<Odd>();
        let hidden = Hidden::new(&mut scope, HiddenInit { parent, bits });
        aligned(hidden.get(&scope));
        let odd = OddInit { a: smi(1), b: smi(2) };
        all.push((hidden, scope.try_new_with_map::<Odd, _, _>(AllocationType::Young, hidden, odd).unwrap()));
    }
    for kind in KINDS {
        scope.collect(kind);
        for (bits, (hidden, odd)) in all.iter().enumerate() {
            assert_eq!((hidden.get(&scope).bits(), odd.get(&scope).b().as_smi()), (bits as u64, Some(2)));
            aligned(hidden.get(&scope));
        }
    }
}

#[test]
fn a_slice_is_written_through() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    Tiny::new(&mut scope, TinyInit {});
    let samples = Samples::new(&mut scope, SamplesInit { data: Filled::new(0.0, 4) });
    samples.get(&scope).data_slice()[2].set(7.5);
    assert!(samples.get(&scope).data_iter().eq([0.0, 0.0, 7.5, 0.0]));
    samples.get(&scope).set_data(0, -1.0);
    assert_eq!(samples.get(&scope).data_slice()[0].get(), -1.0);
    let empty = Samples::new(&mut scope, SamplesInit { data: Filled::new(0.0, 0) });
    assert!(empty.get(&scope).data_slice().is_empty());
}

#[test]
fn large_objects_are_aligned_or_refused() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    for length in [4_000, 16_000, 16_400, 100_000] {
        Tiny::try_new_in(&mut scope, AllocationType::Old, TinyInit {}).unwrap();
        let samples = Samples::new(&mut scope, SamplesInit { data: Filled::new(1.5, length) });
        aligned(samples.get(&scope));
        assert!(samples.get(&scope).data_slice().iter().all(|cell| cell.get() == 1.5));
    }
    // What double-unaligned objects are promised does not hold where a large object begins.
    let largest = (heapwright::spaces::MAX_REGULAR_OBJECT_SIZE - Words::HEADER_SIZE) / 8;
    let words = Words::new(&mut scope, WordsInit { kind: 0, data: Filled::new(3, largest) });
    aligned(words.get(&scope));
    let large = Words::try_new(&mut scope, WordsInit { kind: 0, data: Filled::new(3, largest + 1) });
    if TAGGED_SIZE == 4 {
        let refused = large.unwrap_err();
        assert_eq!((refused.requested, refused.space), (Words::size_for(largest + 1), SpaceId::NewLargeObject));
        assert!(matches!(refused.reason, OutOfMemoryReason::TooLarge { maximum: 131_072 }), "{refused}");
    } else {
        assert_eq!(large.unwrap().get(&scope).data_slice().len(), largest + 1);
    }
    for kind in KINDS {
        scope.collect(kind);
        aligned(words.get(&scope));
    }
}

/// With compressed pointers: a word before each that would not be aligned, and no more.
#[test]
fn fillers_are_counted() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    let used = |scope: &HandleScope<'_>, id: SpaceId| {
        scope.statistics().spaces.iter().find(|(space, _)| *space == id).unwrap().1.used
    };
    // A reservation, so that nothing else is made meanwhile.
    let before = used(&scope, SpaceId::New);
    let memory = scope.reserve(1_000).unwrap();
    let first = aligned(Mark::new_reserved(&memory, MarkInit {}));
    let second = aligned(Mark::new_reserved(&memory, MarkInit {}));
    let third = aligned(Shifted::new_reserved(&memory, ShiftedInit {}));
    assert_eq!([second - first, third - second], if TAGGED_SIZE == 4 { [8, 4] } else { [8, 8] });
    drop(memory);
    // Objects begin at a multiple of 64 in an area of which nothing is used.
    assert_eq!((before, used(&scope, SpaceId::New)), (0, if TAGGED_SIZE == 4 { 16 } else { 24 }));
    scope.verify().unwrap();
    let counted = scope.class_statistics();
    let mark = counted.iter().find(|of| of.class == Mark::CLASS).unwrap();
    assert_eq!((mark.objects, mark.bytes), (2, 2 * TAGGED_SIZE), "fillers are nobody's bytes");
    assert!(counted.iter().all(|of| of.class.name() != "Filler"));
}

#[test]
fn a_reservation_may_take_a_word_more_for_each() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    let each = Number::SIZE + Number::ALIGNMENT.maximum_fill();
    for n in [1, 2, 7, 100] {
        // Exactly the sizes: the last one may not fit, and the error counts the filler.
        let memory = scope.reserve(n * Number::SIZE).unwrap();
        let made = (0..n).map_while(|_| Number::try_new_reserved(&memory, NumberInit { value: 1.0 }).ok().map(aligned));
        let made = made.count();
        if TAGGED_SIZE == 4 {
            // All but the first begin where the one before ended: 12 bytes and 4 lost.
            assert!(made < n || n == 1, "{made} of {n}");
            let error = Number::try_new_reserved(&memory, NumberInit { value: 1.0 });
            if let Err(error) = error {
                assert!([Number::SIZE, Number::SIZE + FILL].contains(&error.requested));
                assert!(error.available < error.requested, "{error}");
            }
        } else {
            assert_eq!((made, memory.available()), (n, 0));
        }
        drop(memory);
        // With the words that they may take: all.
        for before in 0..3 {
            for _ in 0..before {
                Tiny::new(&mut scope, TinyInit {});
            }
            let memory = scope.reserve(n * each).unwrap();
            for value in 0..n {
                let number = Number::new_reserved(&memory, NumberInit { value: value as f64 });
                aligned(number);
            }
        }
        scope.verify().unwrap();
    }
    let memory = scope.reserve(Samples::size_for(8)).unwrap();
    let message = panic_message(|| _ = Samples::new_reserved(&memory, SamplesInit { data: Filled::new(0.0, 9) }));
    assert!(message.contains("were asked for"), "{message}");
    assert!(Samples::try_new_reserved(&memory, SamplesInit { data: Filled::new(0.0, usize::MAX / 16) }).is_err());
}

#[test]
fn copies_are_aligned() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    let source = Samples::new(&mut scope, SamplesInit { data: &[1.0, 2.0][..] });
    for place in PLACES {
        for _ in 0..20 {
            Tiny::try_new_in(&mut scope, place, TinyInit {}).unwrap();
            let copy = Samples::try_copy_in(&mut scope, place, source).unwrap();
            aligned(copy.get(&scope));
            assert!(copy.get(&scope).data_iter().eq([1.0, 2.0]));
        }
    }
    scope.verify().unwrap();
}

/// An object whose making panics leaves a filler of its own behind that before it.
#[test]
#[cfg(feature = "pointer-compression")] // else every number fits, and no filler is needed
fn what_is_not_made_leaves_the_heap_whole() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    for place in PLACES {
        for _ in 0..3 {
            Tiny::try_new_in(&mut scope, place, TinyInit {}).unwrap();
            let message =
                panic_message(|| drop(Held::try_new_in(&mut scope, place, HeldInit { value: i32::MAX, bits: 0 })));
            assert!(message.contains("2147483647"), "{message}");
            scope.verify().unwrap();
        }
    }
    assert!(scope.class_statistics().iter().all(|of| of.class != Held::CLASS));
}

/// Survivors take up to twice their bytes where each needs a filler: the semi-space holds them all the same, though there
/// is no room to promote any.
#[test]
fn the_worst_packing_of_survivors_fits() {
    const LENGTH: usize = 30_000;
    const SEMI_SPACE: usize = 1 << 20;
    // Otherwise so many never survive at once, the first of them are old when marking is through, or several threads pack them in
    // another way.
    let builder = Isolate::builder()
        .unstressed(Mode::Allocations)
        .unstressed(Mode::Marking)
        .unstressed(Mode::Parallel)
        .classes(&CLASSES)
        .max_heap_size(10 << 20);
    let mut isolate = builder.semi_space_size(SEMI_SPACE, SEMI_SPACE).build().unwrap();
    let mut scope = isolate.enter();
    let old = AllocationType::Old;
    let list = |scope: &mut HandleScope<'_>, length| -> Result<Global<List>, OutOfMemory> {
        let mut scope = scope.nested();
        let list = List::try_new_in(&mut scope, old, ListInit { items: Filled::new(smi(0), length) })?;
        Ok(Global::new(&scope, list))
    };
    // Marks are found first, then what begins 4 bytes beyond: large objects are visited in the order they were made.
    let lists = SEMI_SPACE / (2 * 4 * LENGTH) + 1;
    let marks: Vec<_> = (0..lists).map(|_| list(&mut scope, LENGTH).unwrap()).collect();
    let others: Vec<_> = (0..lists).map(|_| list(&mut scope, LENGTH).unwrap()).collect();
    let mut rest = Vec::new();
    for length in [LENGTH, 1_000, 10, 0] {
        while let Ok(list) = list(&mut scope, length) {
            rest.push(list);
        }
    }
    let mut pairs = 0;
    while let Some((index, inner)) = Some((pairs % LENGTH, &mut scope.nested()))
        && let Some((marks, others)) = marks.get(pairs / LENGTH).zip(others.get(pairs / LENGTH))
        && let Ok(mark) = Mark::try_new(inner, MarkInit {})
        && let Ok(shifted) = Shifted::try_new(inner, ShiftedInit {})
    {
        marks.get(inner).set_items(index, mark.get(inner));
        others.get(inner).set_items(index, shifted.get(inner));
        pairs += 1;
    }
    assert!(pairs > SEMI_SPACE / (2 * TAGGED_SIZE) - 5_000, "{pairs}");
    for kind in [CollectionKind::Young, CollectionKind::Full, CollectionKind::Young] {
        scope.collect(kind);
        scope.verify().unwrap();
        let last = scope.statistics().collections.last().copied().unwrap();
        assert!(last.copied >= 2 * pairs * TAGGED_SIZE, "{last:?}");
        assert_eq!(last.promoted, 0);
    }
    for (marks, others) in marks.iter().zip(&others) {
        marks.get(&scope).items_iter().filter_map(|item| item.try_cast::<Mark>()).for_each(|mark| _ = aligned(mark));
        others.get(&scope).items_iter().filter_map(|item| item.try_cast::<Shifted>()).for_each(|one| _ = aligned(one));
    }
}

/// Fills a small heap with a mixture until there is no room, again and again.
#[test]
fn a_full_heap_refuses_and_goes_on() {
    for max_heap_size in [8 << 20, 9 << 20] {
        let mut isolate = Isolate::builder().classes(&CLASSES).max_heap_size(max_heap_size).build().unwrap();
        let mut scope = isolate.enter();
        for round in 0..3 {
            let mut random = Random::new(round);
            let mut inner = scope.nested();
            let mut last: Option<Handle<'_, Odd>> = None;
            let mut count = 0;
            let refused = loop {
                let place = PLACES[random.below(2)];
                let length = if random.below(50) == 0 { 3_000 } else { random.below(6) };
                let item: Result<Handle<'_, HeapObject>, _> = match random.below(4) {
                    0 => Samples::try_new_in(&mut inner, place, SamplesInit { data: Filled::new(1.0, length) })
                        .map(Handle::upcast),
                    1 => Number::try_new_in(&mut inner, place, NumberInit { value: 1.0 }).map(Handle::upcast),
                    2 => Words::try_new_in(&mut inner, place, WordsInit { kind: 0, data: Filled::new(1, length) })
                        .map(Handle::upcast),
                    _ => Tiny::try_new_in(&mut inner, place, TinyInit {}).map(Handle::upcast),
                };
                let item = match item {
                    Ok(item) => item,
                    Err(refused) => break refused,
                };
                let made = match last {
                    Some(last) => Odd::try_new_in(&mut inner, place, OddInit { a: item, b: last }),
                    None => Odd::try_new_in(&mut inner, place, OddInit { a: item, b: smi(0) }),
                };
                match made {
                    Ok(odd) => last = Some(odd),
                    Err(refused) => break refused,
                }
                count += 1;
            };
            assert!(
                count > 1_000 && matches!(refused.reason, OutOfMemoryReason::HeapLimit { .. }),
                "{count} {refused}"
            );
            inner.verify().unwrap();
        }
        scope.collect(CollectionKind::Full);
        scope.verify().unwrap();
        assert!(scope.class_statistics().iter().all(|of| of.class != Odd::CLASS));
    }
}

/// What is done to a heap.
#[derive(Clone, Debug)]
enum Step {
    Make { class: u8, length: usize, old: bool },
    Drop(usize),
    Collect(CollectionKind),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let make = (0..8_u8, 0..40_usize, any::<bool>()).prop_map(|(class, length, old)| Step::Make { class, length, old });
    let collect = any::<bool>().prop_map(|full| Step::Collect(KINDS[usize::from(full)]));
    let step = prop_oneof![20 => make, 5 => any::<usize>().prop_map(Step::Drop), 1 => collect];
    proptest::collection::vec(step, 1..300)
}

/// What is kept alive of an object, and what must be found in it.
enum Kept {
    Samples(Global<Samples>, usize),
    Words(Global<Words>, usize),
    Number(Global<Number>, usize),
    Mark(Global<Mark>),
    Shifted(Global<Shifted>),
    Odd(Global<Odd>),
    Wider(Global<Wider>, usize),
}

impl Kept {
    fn make(scope: &mut HandleScope<'_>, class: u8, length: usize, place: AllocationType) -> Option<Kept> {
        let mut scope = scope.nested();
        let scope = &mut scope;
        let init = WordsInit { kind: 0, data: Filled::new(length as u64, length) };
        Some(match class {
            0 => {
                let made = Samples::try_new_in(scope, place, SamplesInit { data: Filled::new(length as f64, length) });
                Kept::Samples(Global::new(scope, made.unwrap()), length)
            }
            1 => {
                Kept::Words(Words::try_new_in(scope, place, init).map(|made| Global::new(scope, made)).unwrap(), length)
            }
            2 => {
                let made = Number::try_new_in(scope, place, NumberInit { value: length as f64 });
                Kept::Number(Global::new(scope, made.unwrap()), length)
            }
            3 => Kept::Mark(Mark::try_new_in(scope, place, MarkInit {}).map(|made| Global::new(scope, made)).unwrap()),
            4 => Kept::Shifted(
                Shifted::try_new_in(scope, place, ShiftedInit {}).map(|made| Global::new(scope, made)).unwrap(),
            ),
            5 => {
                let made = Odd::try_new_in(scope, place, OddInit { a: smi(1), b: smi(2) });
                Kept::Odd(Global::new(scope, made.unwrap()))
            }
            6 => {
                let parent = WideInit { lane: 1, bits: length as u64 };
                let made = Wider::try_new_in(scope, place, WiderInit { parent, more: smi(0) });
                Kept::Wider(Global::new(scope, made.unwrap()), length)
            }
            _ => {
                Tiny::try_new_in(scope, place, TinyInit {}).unwrap();
                return None;
            }
        })
    }

    fn check(&self, scope: &HandleScope<'_>) {
        match self {
            Kept::Samples(samples, length) => {
                let samples = samples.get(scope);
                aligned(samples);
                let data = samples.data_slice();
                assert!(data.len() == *length && data.iter().all(|cell| cell.get() == *length as f64));
            }
            Kept::Words(words, length) => {
                let words = words.get(scope);
                aligned(words);
                assert_eq!(words.data_slice(), vec![*length as u64; *length]);
            }
            Kept::Number(number, length) => {
                aligned(number.get(scope));
                assert_eq!(number.get(scope).value(), *length as f64);
            }
            Kept::Mark(mark) => _ = aligned(mark.get(scope)),
            Kept::Shifted(shifted) => _ = aligned(shifted.get(scope)),
            Kept::Odd(odd) => assert_eq!(odd.get(scope).a().as_smi(), Some(1)),
            Kept::Wider(wider, length) => {
                aligned(wider.get(scope));
                assert_eq!(wider.get(scope).bits(), *length as u64);
            }
        }
    }
}

fn run(builder: heapwright::IsolateBuilder, steps: &[Step]) {
    let mut isolate = builder.build().unwrap();
    let mut scope = isolate.enter();
    let mut kept: Vec<Kept> = Vec::new();
    for step in steps {
        match *step {
            Step::Make { class, length, old } => {
                kept.extend(Kept::make(&mut scope, class, length, PLACES[usize::from(old)]));
            }
            Step::Drop(_) if kept.is_empty() => {}
            Step::Drop(index) => drop(kept.swap_remove(index % kept.len())),
            Step::Collect(kind) => scope.collect(kind),
        }
    }
    kept.iter().for_each(|kept| kept.check(&scope));
    scope.verify().unwrap();
    let counted: usize =
        scope.class_statistics().iter().filter(|of| of.class == Samples::CLASS).map(|of| of.objects).sum();
    assert!(counted >= kept.iter().filter(|kept| matches!(kept, Kept::Samples(..))).count());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_mixture_stays_aligned(steps in steps()) {
        run(builder(), &steps);
    }

    #[test]
    fn any_mixture_stays_aligned_under_stress(steps in steps(), interval in 1..5_u32, full in any::<bool>()) {
        run(builder().stress(interval, KINDS[usize::from(full)]), &steps);
    }
}

#[test]
fn the_docs_and_the_lock_say_it() {
    use heapwright_docs::{
        Lock, Model, Verdict, diff, model::Alignment, render_html, render_json, render_markdown, render_text,
    };
    let model = Model::from_registries(&[&CLASSES]);
    let class = |model: &Model, name: &str| model.classes.iter().find(|class| class.name == name).unwrap().clone();
    let align = |name: &str| class(&model, name).align;
    assert_eq!(
        [align("Odd"), align("Samples"), align("Number")],
        [Alignment::Word, Alignment::Double, Alignment::DoubleUnaligned]
    );
    assert_eq!(align("Wider"), Alignment::Double, "inherited");
    // What is 8 bytes wide is aligned to that; a class that only inherits packs its own as ever.
    let element = class(&model, "Samples").tails[0].element_align;
    assert_eq!((element.compressed, element.full), (8, 8));
    let json = render_json(&model);
    assert_eq!(json.matches(r#""align": "double_unaligned""#).count(), 3);
    assert!(!json.contains(r#""align": "word""#));
    assert_eq!(Model::from_json(&json).unwrap(), model);
    for text in [render_text(&model), render_markdown(&model), render_html(&model)] {
        assert!(text.contains("align = double_unaligned") && text.contains("align = double"), "{text}");
        assert!(!text.contains("align = word"));
    }
    // The tables in the binary say the same.
    let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let read = Model::from_binary(&program).unwrap();
    assert!(
        model.classes.iter().filter(|c| c.crate_name == "alignment").all(|c| class(&read, &c.name).align == c.align)
    );

    let lock = Lock::from_model(&model);
    let text = lock.to_string();
    assert!(text.contains("  align double\n") && text.contains("  align double_unaligned\n"), "{text}");
    assert_eq!(Lock::parse(&text).unwrap(), lock);
    assert!(Lock::parse(&text.replace("align double\n", "align triple\n")).unwrap_err().to_string().contains("triple"));
    for (other, expected, breaks) in [
        ("", "alignment of its objects changed from word to double_unaligned", 2),
        ("  align double\n", "alignment of its objects changed from double to double_unaligned", 2),
    ] {
        let before = Lock::parse(&text.replace("  align double_unaligned\n", other)).unwrap();
        let changes = diff(&before, &lock);
        let text = changes.to_text();
        assert!(text.contains(expected), "{text}");
        assert_eq!((changes.verdict(), changes.entries.len()), (Verdict::Breaking, 3), "{text}");
        assert!(
            changes.entries.iter().all(|entry| entry.changes.len() == 1 && entry.changes[0].breaks.len() == breaks)
        );
    }
    let after = Lock::parse(&text.replace("  align double_unaligned\n", "")).unwrap();
    assert_eq!(diff(&lock, &after).verdict(), Verdict::Breaking, "code relies on it");
}
