//! Scavenges that several threads work on: what each object holds, where it goes and how much is moved are as with one.
#![allow(missing_docs)]

use heapwright::gc::{CustomTrace, SlotVisitor};
use heapwright::memory::{MemoryError, OsPageAllocator, PageAllocator, Permission};
use heapwright::stress::{self, Mode};
use heapwright::tagged::{TAGGED_SIZE, load_at, store_at};
use heapwright::{IsolateBuilder, SpaceId, prelude::*};
use heapwright_tests::Random;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What the model knows of every object is its number.
#[heap_object(abstract)]
pub struct Thing {
    #[constant]
    id: Smi,
}

#[heap_object(extends = Thing)]
pub struct Node {
    left: Tagged<Option<Thing>>,
    right: Tagged<Option<Thing>>,
    peer: Weak<Thing>,
}

#[heap_object(extends = Thing)]
pub struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Option<Thing>>],
}

#[heap_object(extends = Thing)]
pub struct WeakArray {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Weak<Thing>],
}

#[heap_object(extends = Thing)]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

#[heap_object(extends = Thing, align = double)]
pub struct Aligned {
    next: Tagged<Option<Thing>>,
    #[constant]
    length: Smi,
    /// With compressed pointers behind four words.
    #[length = length]
    data: [f64],
}

/// A member of a weak list that closes up.
#[heap_object(extends = Thing)]
pub struct Member {
    #[splice = next]
    next: Weak<Member>,
    keeps: Tagged<Option<Thing>>,
}

/// All words of the tail are references.
#[heap_object(extends = Thing, trace = custom)]
struct Traced {
    #[constant]
    length: Smi,
    #[constant]
    #[length = length]
    words: [u32],
}

impl Traced {
    const WORDS: usize = 8;

    fn make<'s>(scope: &mut HandleScope<'s>, id: i32) -> Result<Handle<'s, Traced>, OutOfMemory> {
        let words = Filled::new(0, Traced::WORDS * TAGGED_SIZE / 4);
        Traced::try_new(scope, TracedInit { parent: ThingInit { id }, words })
    }

    fn slot(index: usize) -> usize {
        assert!(index < Traced::WORDS);
        Traced::HEADER_SIZE + index * TAGGED_SIZE
    }

    fn get(&self, index: usize) -> Option<&Thing> {
        // SAFETY: such a word.
        let word = unsafe { load_at(self, Traced::slot(index)) };
        word.as_object().map(|object| object.cast())
    }

    fn set(&self, index: usize, value: &Thing) {
        // SAFETY: such a word.
        unsafe { store_at(self, Traced::slot(index), value) }
    }
}

/// Whether this is one of the threads that help collectors.
fn is_helper() -> bool {
    std::thread::current().name().is_some_and(|name| name.starts_with("heapwright "))
}

static TRACED_ELSEWHERE: AtomicBool = AtomicBool::new(false);

// SAFETY: visits all words of the tail, which `make` makes Smis and `set` writes.
unsafe impl CustomTrace for Traced {
    unsafe fn trace(&self, visitor: &mut SlotVisitor<'_>) {
        if is_helper() {
            TRACED_ELSEWHERE.store(true, Ordering::Relaxed);
        }
        for index in 0..Traced::WORDS {
            // SAFETY: such a word.
            unsafe { visitor.visit(Traced::slot(index)) }
        }
    }
}

heap_classes! { static CLASSES = [Thing, Node, Array, WeakArray, Bytes, Aligned, Member, Traced]; }

const KB: usize = 1 << 10;
const MB: usize = 1 << 20;
const YOUNG: AllocationType = AllocationType::Young;
const OLD: AllocationType = AllocationType::Old;

fn builder() -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES)
}

/// As many threads for each scavenge, however little there is to do; one as without them.
fn threads(count: usize) -> IsolateBuilder {
    let builder = builder().gc_threads(count);
    if count > 1 { builder.stress_threads() } else { builder }
}

fn array<'s>(scope: &mut HandleScope<'s>, place: AllocationType, id: i32, length: usize) -> Handle<'s, Array> {
    let init = ArrayInit { parent: ThingInit { id }, elements: Filled::new(Nil, length) };
    Array::try_new_in(scope, place, init).unwrap()
}

fn node<'s>(scope: &mut HandleScope<'s>, id: i32) -> Handle<'s, Node> {
    Node::new(scope, NodeInit { parent: ThingInit { id }, left: Nil, right: Nil, peer: Nil })
}

/// Arrays of references to the same objects, in other orders: threads meet at each of them.
#[test]
fn what_many_refer_to_is_moved_once() {
    let nodes = stress::scaled(3000);
    for (count, place) in [(2, YOUNG), (4, YOUNG), (4, OLD)] {
        let mut isolate = threads(count).semi_space_size(2 * MB, 4 * MB).verify(true).build().unwrap();
        let mut scope = isolate.enter();
        for round in 0..4 {
            let mut scope = scope.nested();
            let all = array(&mut scope, place, 0, nodes);
            for i in 0..nodes {
                let mut inner = scope.nested();
                let node = node(&mut inner, i as i32);
                all.get(&inner).set_elements(i, node.get(&inner).upcast::<Thing>());
            }
            let mut random = Random::new(round);
            let shuffled: Vec<_> = (0..8)
                .map(|_| {
                    let array = array(&mut scope, place, 0, nodes);
                    let start = random.below(nodes);
                    for i in 0..nodes {
                        let node = all.get(&scope).elements((start + i * 7) % nodes);
                        array.get(&scope).set_elements(i, node);
                    }
                    (array, start)
                })
                .collect();
            for _ in 0..3 {
                scope.collect(CollectionKind::Young);
                let all = all.get(&scope);
                let addresses: HashSet<_> =
                    all.elements_iter().map(|node| core::ptr::from_ref(node.unwrap()).addr()).collect();
                assert_eq!(addresses.len(), nodes);
                for (array, start) in &shuffled {
                    let array = array.get(&scope);
                    for i in 0..nodes {
                        let index = (start + i * 7) % nodes;
                        assert!(core::ptr::eq(array.elements(i).unwrap(), all.elements(index).unwrap()));
                        assert_eq!(array.elements(i).unwrap().id(), index as i32);
                    }
                }
            }
        }
    }
}

/// How many bytes were copied and promoted in each collection of a program.
fn moved(threads_: usize) -> Vec<(usize, usize)> {
    // Collections come when they are asked for, not when others are through, and leave something to copy.
    let builder = threads(threads_).unstressed(Mode::Marking).unstressed(Mode::Allocations);
    let mut isolate = builder.semi_space_size(2 * MB, 2 * MB).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let mut random = Random::new(5);
    let keeper = array(&mut scope, OLD, 0, 200);
    let mut moved = Vec::new();
    for round in 0..24 {
        for _ in 0..400 {
            let mut inner = scope.nested();
            let thing = any_thing(&mut inner, &mut random, 0).unwrap();
            let other = keeper.get(&inner).elements(random.below(200));
            if let Some(node) = thing.get(&inner).try_cast::<Node>() {
                node.set_left(other);
            }
            keeper.get(&inner).set_elements(random.below(200), thing);
        }
        scope.collect(if round % 8 == 7 { CollectionKind::Full } else { CollectionKind::Young });
        let record = *scope.statistics().collections.last().unwrap();
        moved.push((record.copied, record.promoted));
    }
    moved
}

#[test]
fn what_is_copied_and_what_is_promoted_does_not_depend_on_threads() {
    let serial = moved(1);
    assert!(
        serial.iter().any(|(copied, _)| *copied > 50 * KB) && serial.iter().any(|(_, promoted)| *promoted > 50 * KB)
    );
    for count in [2, 4, 8] {
        assert_eq!(moved(count), serial, "{count} threads");
    }
}

/// An object of some class without references.
fn any_thing<'s>(scope: &mut HandleScope<'s>, random: &mut Random, id: i32) -> Result<Handle<'s, Thing>, OutOfMemory> {
    let parent = ThingInit { id };
    // Up to the largest in an area, above, and up to the largest young one; seldom large.
    let length = match random.below(40) {
        0 => 33 * KB + random.below(300 * KB),
        1..=3 => random.below(32 * KB),
        4..=8 => random.below(5 * KB),
        _ => random.below(64),
    };
    Ok(match random.below(8) {
        0 | 1 => Node::try_new(scope, NodeInit { parent, left: Nil, right: Nil, peer: Nil })?.upcast(),
        2 => {
            let length = length / TAGGED_SIZE;
            Array::try_new(scope, ArrayInit { parent, elements: Filled::new(Nil, length) })?.upcast()
        }
        3 => {
            let length = length / TAGGED_SIZE;
            WeakArray::try_new(scope, WeakArrayInit { parent, elements: Filled::new(Nil, length) })?.upcast()
        }
        4 => Bytes::try_new(scope, BytesInit { parent, data: Filled::new(id as u8, length) })?.upcast(),
        5 => {
            let data = Filled::new(f64::from(id), length / 8);
            Aligned::try_new(scope, AlignedInit { parent, next: Nil, data })?.upcast()
        }
        6 => Member::try_new(scope, MemberInit { parent, next: Nil, keeps: Nil })?.upcast(),
        _ => Traced::make(scope, id)?.upcast(),
    })
}

/// Strong references of an object, by place.
fn strong(thing: &Thing) -> Vec<Option<&Thing>> {
    if let Some(node) = thing.try_cast::<Node>() {
        vec![node.left(), node.right()]
    } else if let Some(array) = thing.try_cast::<Array>() {
        array.elements_iter().collect()
    } else if let Some(aligned) = thing.try_cast::<Aligned>() {
        vec![aligned.next()]
    } else if let Some(member) = thing.try_cast::<Member>() {
        vec![member.keeps()]
    } else if let Some(traced) = thing.try_cast::<Traced>() {
        (0..Traced::WORDS).map(|index| traced.get(index)).collect()
    } else {
        Vec::new()
    }
}

fn set_strong(thing: &Thing, index: usize, value: &Thing) {
    if let Some(node) = thing.try_cast::<Node>() {
        if index == 0 { node.set_left(value) } else { node.set_right(value) }
    } else if let Some(array) = thing.try_cast::<Array>() {
        array.set_elements(index, value);
    } else if let Some(aligned) = thing.try_cast::<Aligned>() {
        aligned.set_next(value);
    } else if let Some(member) = thing.try_cast::<Member>() {
        member.set_keeps(value);
    } else {
        thing.cast::<Traced>().set(index, value);
    }
}

/// Whether what is not tagged is as it was made, and aligned.
fn is_whole(thing: &Thing) -> bool {
    if let Some(bytes) = thing.try_cast::<Bytes>() {
        bytes.data_iter().all(|byte| byte == thing.id() as u8)
    } else if let Some(aligned) = thing.try_cast::<Aligned>() {
        let is_aligned = core::ptr::from_ref(aligned).addr().is_multiple_of(8);
        is_aligned && aligned.data_iter().all(|number| number == f64::from(thing.id()))
    } else {
        true
    }
}

fn used(scope: &HandleScope<'_>, id: SpaceId) -> usize {
    scope.statistics().spaces.iter().find(|(space, _)| *space == id).unwrap().1.used
}

/// The model: of each object, by number, what its strong and its weak slots hold.
#[derive(Default)]
struct World {
    strong: Vec<Vec<Option<usize>>>,
    weak: Vec<Vec<Option<usize>>>,
}

const ROOTS: usize = 24;

impl World {
    /// Follows both graphs from the roots, at each object once, and compares.
    fn check(&self, scope: &HandleScope<'_>, roots: Handle<'_, Array>, expected: &[Option<usize>]) {
        let mut addresses = vec![None; self.strong.len()];
        let mut pending: Vec<(&Thing, usize)> = Vec::new();
        for (root, expected) in roots.get(scope).elements_iter().zip(expected) {
            assert_eq!(root.map(|root| root.id() as usize), *expected);
            pending.extend(root.zip(*expected));
        }
        let mut seen = Vec::new();
        while let Some((thing, id)) = pending.pop() {
            assert_eq!(thing.id() as usize, id);
            let address = core::ptr::from_ref(thing).addr();
            match addresses[id].replace(address) {
                Some(before) => {
                    assert_eq!(before, address, "two copies of {id}");
                    continue;
                }
                None => seen.push((thing, id)),
            }
            let slots = strong(thing);
            assert_eq!(slots.len(), self.strong[id].len());
            for (slot, expected) in slots.into_iter().zip(&self.strong[id]) {
                assert_eq!(slot.map(|thing| thing.id() as usize), *expected, "a slot of {id}");
                pending.extend(slot.zip(*expected));
            }
            assert!(is_whole(thing), "{thing:?}");
        }
        // A weak slot whose referent lives refers to it; one whose referent died may still.
        for (thing, id) in seen {
            let weak: Vec<_> = if let Some(node) = thing.try_cast::<Node>() {
                vec![node.peer()]
            } else if let Some(array) = thing.try_cast::<WeakArray>() {
                array.elements_iter().collect()
            } else {
                continue;
            };
            for (slot, expected) in weak.into_iter().zip(&self.weak[id]) {
                match *expected {
                    Some(expected) if addresses[expected].is_some() => {
                        assert_eq!(slot.map(|thing| core::ptr::from_ref(thing).addr()), addresses[expected]);
                    }
                    Some(expected) => assert!(slot.is_none_or(|thing| thing.id() as usize == expected)),
                    None => assert!(slot.is_none()),
                }
            }
        }
    }
}

/// Makes, links and drops objects of all kinds; `tick` is the number of operations between checks.
fn play(builder: IsolateBuilder, seed: u64, operations: usize, tick: usize) {
    let mut isolate = builder.verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let mut random = Random::new(seed);
    let mut world = World::default();
    let place = if random.one_in(2) { YOUNG } else { OLD };
    let roots = array(&mut scope, place, -1, ROOTS);
    let mut model = vec![None; ROOTS];
    for operation in 0..operations {
        let mut inner = scope.nested();
        let id = world.strong.len();
        let thing = any_thing(&mut inner, &mut random, id as i32).unwrap();
        let thing = thing.get(&inner);
        world.strong.push(vec![None; strong(thing).len()]);
        let weak = if thing.is::<Node>() { 1 } else { thing.try_cast::<WeakArray>().map_or(0, |a| a.elements_len()) };
        world.weak.push(vec![None; weak]);
        // It refers to what other roots keep, and one of those to it.
        for _ in 0..4 {
            let other = random.below(ROOTS);
            let (Some(other), Some(other_id)) = (roots.get(&inner).elements(other), model[other]) else { continue };
            for (a, a_id, b, b_id) in [(thing, id, other, other_id), (other, other_id, thing, id)] {
                if !world.strong[a_id].is_empty() {
                    let slot = random.below(world.strong[a_id].len());
                    set_strong(a, slot, b);
                    world.strong[a_id][slot] = Some(b_id);
                }
                if !world.weak[a_id].is_empty() {
                    let slot = random.below(world.weak[a_id].len());
                    match a.try_cast::<Node>() {
                        Some(node) => node.set_peer(b),
                        None => a.cast::<WeakArray>().set_elements(slot, b),
                    }
                    world.weak[a_id][slot] = Some(b_id);
                }
            }
            if let (Some(a), Some(b)) = (thing.try_cast::<Member>(), other.try_cast::<Member>()) {
                a.set_next(b);
            }
        }
        let root = random.below(ROOTS);
        roots.get(&inner).set_elements(root, thing);
        model[root] = Some(id);
        if random.one_in(12) {
            let root = random.below(ROOTS);
            roots.get(&inner).set_elements(root, None::<&Thing>);
            model[root] = None;
        }
        if random.one_in(60) {
            inner.collect(if random.one_in(4) { CollectionKind::Full } else { CollectionKind::Young });
        }
        if operation % tick == 0 {
            world.check(&inner, roots, &model);
        }
    }
    scope.collect(CollectionKind::Full);
    world.check(&scope, roots, &model);
    assert!(!TRACED_ELSEWHERE.load(Ordering::Relaxed), "code of users ran on a helper's thread");
}

#[test]
fn random_graphs_of_all_kinds() {
    for seed in 0..4 {
        play(threads(3).semi_space_size(256 * KB, MB), seed, 600, 50);
        play(threads(4), seed + 100, 600, 100);
    }
}

#[test]
fn random_graphs_with_a_collection_at_every_allocation() {
    for seed in 0..3 {
        play(threads(3).semi_space_size(256 * KB, MB).stress(1, CollectionKind::Young), seed, 120, 10);
        play(threads(4).stress(1, CollectionKind::Full), seed + 100, 60, 10);
    }
}

#[test]
fn random_graphs_while_marking_goes_on() {
    for seed in 0..3 {
        play(threads(3).semi_space_size(256 * KB, MB).stress(2, CollectionKind::Young).stress_marking(), seed, 120, 10);
        play(threads(4).stress(40, CollectionKind::Young).stress_marking(), seed + 100, 600, 40);
    }
}

/// Links of a list as long as no other objects: nobody can help, and nothing recurses.
#[test]
fn a_long_list_is_no_deep_recursion() {
    let length = stress::scaled(300_000) as i32;
    let mut isolate = threads(4).semi_space_size(16 * MB, 16 * MB).build().unwrap();
    let mut scope = isolate.enter();
    let list = array(&mut scope, OLD, -1, 1);
    for id in 0..length {
        let mut inner = scope.nested();
        let node = node(&mut inner, id);
        let node = node.get(&inner);
        node.set_left(list.get(&inner).elements(0));
        list.get(&inner).set_elements(0, node.upcast::<Thing>());
    }
    for kind in [CollectionKind::Young, CollectionKind::Young, CollectionKind::Full] {
        scope.collect(kind);
        let mut next = list.get(&scope).elements(0);
        for id in (0..length).rev() {
            assert_eq!(next.unwrap().id(), id);
            next = next.unwrap().cast::<Node>().left();
        }
        assert!(next.is_none());
    }
}

/// The old generation is full, and all of a full semi-space lives: what threads waste must not be missed. Aligned objects
/// take the most room where each has a filler before it; the sizes are such that areas and chunks end badly.
#[test]
fn a_full_heap_has_room_for_all_survivors() {
    for (seed, lengths) in
        [[24, 40, 56], [500, 513, 4000], [4 * KB, 4 * KB + 96, 2 * KB], [31 * KB, 17 * KB, 40]].into_iter().enumerate()
    {
        let mut isolate = threads(6).semi_space_size(512 * KB, 512 * KB).max_heap_size(8 * MB).build().unwrap();
        let mut scope = isolate.enter();
        let keeper = array(&mut scope, OLD, -1, 30_000);
        let mut ballast = Vec::new();
        for length in [120 * KB, 10 * KB, 500, 16] {
            let mut inner = scope.nested();
            let bytes = |length| BytesInit { parent: ThingInit { id: 0 }, data: Filled::new(1, length) };
            while let Ok(old) = Bytes::try_new_in(&mut inner, OLD, bytes(length)) {
                ballast.push(Global::new(&inner, old));
            }
        }
        let mut random = Random::new(seed as u64);
        let mut count = 0;
        let mut most = 0;
        for _ in 0..6 {
            loop {
                let mut inner = scope.nested();
                let length = lengths[random.below(3)];
                let parent = ThingInit { id: count as i32 };
                // Only some of them, so that each is as likely to have a filler before it as not.
                let made = if random.one_in(2) {
                    let data = Filled::new(f64::from(count as i32), length / 8);
                    let init = AlignedInit { parent, next: Nil, data };
                    inner.with_light_retry(|scope| Aligned::try_new(scope, init)).map(|made| made.upcast::<Thing>())
                } else {
                    let init = BytesInit { parent, data: Filled::new(count as u8, length) };
                    inner.with_light_retry(|scope| Bytes::try_new(scope, init)).map(|made| made.upcast::<Thing>())
                };
                let Ok(made) = made else { break };
                keeper.get(&inner).set_elements(count, made);
                count += 1;
            }
            most = most.max(used(&scope, SpaceId::New));
            // Other neighbours for all of them.
            let all = keeper.get(&scope);
            for i in 0..count {
                let j = random.below(count);
                let (a, b) = (all.elements(i), all.elements(j));
                all.set_elements(i, b);
                all.set_elements(j, a);
            }
            scope.collect(CollectionKind::Young);
            let keeper = keeper.get(&scope);
            scope.verify().unwrap();
            assert!((0..count).all(|i| keeper.elements(i).is_some_and(is_whole)));
            // Room for a few more.
            for _ in 0..count / 20 {
                count -= 1;
                keeper.set_elements(count, None::<&Thing>);
            }
        }
        assert!(most > 400 * KB, "{lengths:?}: they could not be promoted, {most} bytes");
    }
}

/// Notes whether other threads than those of tests ask for pages.
#[derive(Debug)]
struct Watched {
    pages: OsPageAllocator,
    from_helpers: AtomicUsize,
}

// SAFETY: all calls are forwarded to `OsPageAllocator`, and nothing here unwinds.
unsafe impl PageAllocator for Watched {
    fn allocate_page_size(&self) -> usize {
        self.pages.allocate_page_size()
    }
    fn commit_page_size(&self) -> usize {
        self.pages.commit_page_size()
    }
    fn allocate_pages(
        &self,
        hint: Option<usize>,
        size: usize,
        alignment: usize,
        permission: Permission,
    ) -> Result<usize, MemoryError> {
        self.pages.allocate_pages(hint, size, alignment, permission)
    }
    unsafe fn free_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        // SAFETY: the caller's contract is the same; so below.
        unsafe { self.pages.free_pages(address, size) }
    }
    unsafe fn set_permissions(&self, address: usize, size: usize, permission: Permission) -> Result<(), MemoryError> {
        if is_helper() {
            self.from_helpers.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: see above.
        unsafe { self.pages.set_permissions(address, size, permission) }
    }
    unsafe fn discard_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        // SAFETY: see above.
        unsafe { self.pages.discard_pages(address, size) }
    }
    unsafe fn decommit_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        // SAFETY: see above.
        unsafe { self.pages.decommit_pages(address, size) }
    }
}

/// Helpers do move objects: some of the chunks that promotion needs are asked for by them. With one thread none is.
#[test]
fn helpers_take_part() {
    for (builder, with_help) in [(threads(3), true), (builder().unstressed(Mode::Parallel).gc_threads(1), false)] {
        let pages = Arc::new(Watched { pages: OsPageAllocator::new(), from_helpers: 0.into() });
        let builder = builder.semi_space_size(8 * MB, 8 * MB).page_allocator(pages.clone());
        // Whether they do is the system's to say; that they never do in so many scavenges would be odd.
        for round in 0..if with_help { 200 } else { 3 } {
            let mut isolate = builder.clone().build().unwrap();
            let mut scope = isolate.enter();
            let all = array(&mut scope, YOUNG, 0, 100);
            for i in 0..100 {
                let mut inner = scope.nested();
                let some = array(&mut inner, YOUNG, i, 40);
                all.get(&inner).set_elements(i as usize, some.get(&inner).upcast::<Thing>());
                for id in 0..40 {
                    let mut inner = inner.nested();
                    let init = BytesInit { parent: ThingInit { id }, data: Filled::new(id as u8, 500) };
                    let bytes = Bytes::new(&mut inner, init);
                    some.get(&inner).set_elements(id as usize, bytes.get(&inner).upcast::<Thing>());
                }
            }
            scope.collect(CollectionKind::Full);
            for some in all.get(&scope).elements_iter() {
                let some = some.unwrap().cast::<Array>();
                assert!(some.elements_iter().all(|bytes| bytes.is_some_and(is_whole)));
            }
            if pages.from_helpers.load(Ordering::Relaxed) > 0 {
                break;
            }
            assert!(round < 199, "nobody helped");
        }
        assert_eq!(pages.from_helpers.load(Ordering::Relaxed) > 0, with_help);
    }
}
