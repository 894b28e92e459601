//! Where an isolate's data lies: outside of its cage and in it, with roots and other words of the isolate at constant offsets, as
//! generated code wants them. Such code is made and run here.
#![cfg_attr(not(target_arch = "x86_64"), allow(dead_code, unused_imports))]
#![allow(missing_docs)]

use heapwright::code::InstructionStream;
use heapwright::memory::cage::{ISOLATE_DATA_OFFSET, MAX_ISOLATE_DATA_SIZE};
use heapwright::memory::{CAGE_SIZE, CHUNK_SIZE, FaultPlan, FaultyPageAllocator, PageOperation};
use heapwright::roots::RootEntry;
use heapwright::stress::Mode;
use heapwright::tagged::TAGGED_SIZE;
use heapwright::{
    IsolateAddress, IsolateAllocation, IsolateBuilder, IsolateError, RootGroup, RootKey, RootTable, heap_roots,
    isolate_slots, prelude::*,
};
use heapwright_tests::panic_message;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[heap_object]
pub struct Counter {
    hits: Smi,
    next: Tagged<Option<Counter>>,
}

heap_classes! { pub static CLASSES = [Counter]; }

heap_roots! {
    /// Numbers alone: no setup.
    pub static LIMITS, keys in limit, getters in Limits;
    /// How deep it goes.
    depth: Smi = 40,
    /// The next number to give.
    next_id: Smi = 1 - 8,
    #[cfg(any())]
    absent: Smi = 0,
    #[cfg(not(any()))]
    largest: Smi = Smi::MAX.value(),
}

heap_roots! {
    /// Both.
    pub static MIXED, keys in mixed, getters in Mixed, set up by set_up_mixed;
    /// An object.
    counter: Counter,
    /// At first.
    seed: Smi = 7,
    made: Smi,
    anything: Any,
}

fn set_up_mixed(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    // Numbers are there before any table is set up, those of later tables too.
    assert_eq!((scope.seed(), scope.depth()), (7, 40));
    let counter = Counter::try_new(scope, CounterInit { hits: scope.seed(), next: Nil })?;
    scope.set_root(mixed::counter, counter);
    scope.set_root(mixed::made, scope.seed() + 1);
    scope.set_root(mixed::anything, smi(0));
    Ok(())
}

const BOTH: [IsolateAllocation; 2] = [IsolateAllocation::OutsideCage, IsolateAllocation::InCage];
const MB: usize = 1 << 20;

fn builder(allocation: IsolateAllocation) -> IsolateBuilder {
    Isolate::builder()
        .classes(&CLASSES)
        .roots(&MIXED)
        .roots(&LIMITS)
        .code_range(16 * MB)
        .verify(true)
        .allocation(allocation)
}

fn in_cage() -> Isolate {
    builder(IsolateAllocation::InCage).build().unwrap()
}

/// The word at the address of a root or of a field.
fn read(_: &HandleScope<'_>, address: usize) -> usize {
    // SAFETY: a word of the isolate that is entered, whose scope is here.
    unsafe { core::ptr::with_exposed_provenance::<usize>(address).read() }
}

/// Blocks of them.
fn make_handles(scope: &HandleScope<'_>) {
    for i in 0..5000 {
        scope.handle(smi(i));
    }
}

/// A Smi as it stands in a word.
fn smi_word(value: i32) -> usize {
    if TAGGED_SIZE == 4 { (value << 1) as u32 as usize } else { (value as usize) << 32 }
}

/// What `/proc/self/maps` says of the page at an address.
fn access(address: usize) -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let found = maps.lines().find_map(|line| {
        let (range, rest) = line.split_once(' ')?;
        let (begin, end) = range.split_once('-')?;
        let [begin, end] = [begin, end].map(|text| usize::from_str_radix(text, 16).unwrap());
        (begin..end).contains(&address).then(|| rest[..3].to_owned())
    });
    found.unwrap_or_else(|| "not mapped".to_owned())
}

#[test]
fn outside_is_the_default_and_leaves_the_first_chunk_alone() {
    assert_eq!(IsolateAllocation::default(), IsolateAllocation::OutsideCage);
    let mut isolate = Isolate::builder().roots(&LIMITS).build().unwrap();
    assert_eq!(isolate.allocation(), IsolateAllocation::OutsideCage);
    let base = isolate.cage_base();
    let scope = isolate.enter();
    assert_eq!((scope.isolate_allocation(), scope.cage_base()), (IsolateAllocation::OutsideCage, base));
    assert_eq!(base % CAGE_SIZE, 0);
    assert_eq!(limit::depth.offset_from_cage_base(&scope), None);
    assert_eq!(scope.offset_from_cage_base(IsolateAddress::CageBase), None);
    let root = scope.isolate_root();
    assert!(root < base || root >= base + CAGE_SIZE);
    for offset in [0, ISOLATE_DATA_OFFSET, CHUNK_SIZE - 1] {
        assert_eq!(access(base + offset), "---");
    }
}

#[test]
fn in_the_cage_it_lies_behind_a_guard_and_objects_lie_elsewhere() {
    let mut isolate = in_cage();
    assert_eq!(isolate.allocation(), IsolateAllocation::InCage);
    let mut scope = isolate.enter();
    let base = scope.cage_base();
    assert_eq!(scope.isolate_root(), base + ISOLATE_DATA_OFFSET);
    let (first, last) = (limit::depth.address(&scope), limit::largest.address(&scope));
    assert!((base + ISOLATE_DATA_OFFSET..base + CHUNK_SIZE).contains(&first) && last > first);
    for guarded in [0, 3, 4096, ISOLATE_DATA_OFFSET - 1, CHUNK_SIZE - 1] {
        assert_eq!(access(base + guarded), "---", "{guarded}");
    }
    for (_, address) in scope.isolate_addresses().chain([(IsolateAddress::RootsTable, last)]) {
        assert_eq!(access(address), "rw-");
    }
    InstructionStream::new(&mut scope, &[0xc3]);
    Counter::try_new_in(&mut scope, AllocationType::Old, CounterInit { hits: 0, next: Nil }).unwrap();
    scope.visit_roots(|root| assert!(root.address().is_none_or(|at| at >= base + CHUNK_SIZE), "{root}"));
    let memory = scope.memory_statistics();
    assert!(memory.lowest_address >= base + CHUNK_SIZE && memory.is_outside_allocated_space(last));
}

#[test]
fn offsets_are_the_same_in_all_isolates_of_a_builder() {
    for allocation in BOTH {
        let builder = builder(allocation);
        let offsets = || {
            let mut isolate = builder.clone().build().unwrap();
            let scope = isolate.enter();
            let roots = [
                mixed::counter.offset_from_isolate_root(&scope),
                mixed::seed.offset_from_isolate_root(&scope),
                mixed::made.offset_from_isolate_root(&scope),
                mixed::anything.offset_from_isolate_root(&scope),
                limit::depth.offset_from_isolate_root(&scope),
                limit::next_id.offset_from_isolate_root(&scope),
                limit::largest.offset_from_isolate_root(&scope),
            ];
            // One table behind the other, word by word, in the order in which they were given.
            let first = IsolateAddress::RootsTable.offset_from_isolate_root();
            assert!(roots.iter().enumerate().all(|(i, offset)| *offset == first + 8 * i), "{roots:?}");
            for (place, address) in scope.isolate_addresses() {
                assert_eq!(address, scope.isolate_address(place));
                assert_eq!(address - scope.isolate_root(), place.offset_from_isolate_root());
                let in_cage = scope.offset_from_cage_base(place);
                let expected = place.offset_from_isolate_root() + ISOLATE_DATA_OFFSET;
                assert_eq!(in_cage, (allocation == IsolateAllocation::InCage).then_some(expected));
            }
            (roots, mixed::made.offset_from_cage_base(&scope))
        };
        let (one, two) = (offsets(), offsets());
        assert_eq!(one, two);
        assert_eq!(one.1, (allocation == IsolateAllocation::InCage).then_some(one.0[2] + ISOLATE_DATA_OFFSET));
    }
}

#[test]
fn places_have_names_and_hold_what_they_say() {
    let names: Vec<_> = IsolateAddress::ALL.iter().map(|place| place.to_string()).collect();
    assert!(names.iter().enumerate().all(|(i, name)| !names[..i].contains(name)), "{names:?}");
    assert_eq!(format!("{:>12}|", IsolateAddress::CageBase), "   cage_base|");
    for allocation in BOTH {
        // Otherwise the linear allocation area is shut.
        let mut isolate = builder(allocation).unstressed(Mode::Allocations).build().unwrap();
        let outside = isolate.isolate_address(IsolateAddress::HandleScopeNext);
        let mut scope = isolate.enter();
        assert_eq!(scope.isolate_address(IsolateAddress::HandleScopeNext), outside);
        let at = |scope: &HandleScope<'_>, place| read(scope, scope.isolate_address(place));
        assert_eq!(at(&scope, IsolateAddress::CageBase), scope.cage_base());
        assert_eq!(at(&scope, IsolateAddress::IsolateId) as u64, scope.isolate_id());
        assert_eq!(scope.isolate_address(IsolateAddress::RootsTable), mixed::counter.address(&scope));

        scope.handle(smi(1)); // the first takes a block
        let next = at(&scope, IsolateAddress::HandleScopeNext);
        assert_eq!((at(&scope, IsolateAddress::HandleScopeLimit) - next) / 8, 1022 - 1);
        scope.handle(smi(-5));
        assert_eq!(at(&scope, IsolateAddress::HandleScopeNext), next + 8);
        assert_eq!(read(&scope, next), smi_word(-5));

        for (top, limit, place) in [
            (IsolateAddress::NewSpaceAllocationTop, IsolateAddress::NewSpaceAllocationLimit, AllocationType::Young),
            (IsolateAddress::OldSpaceAllocationTop, IsolateAddress::OldSpaceAllocationLimit, AllocationType::Old),
        ] {
            Counter::try_new_in(&mut scope, place, CounterInit { hits: 1, next: Nil }).unwrap();
            let before = at(&scope, top);
            assert!(before + 1000 < at(&scope, limit));
            let made = Counter::try_new_in(&mut scope, place, CounterInit { hits: 2, next: Nil }).unwrap();
            assert_eq!(made.get(&scope).as_heap_object().address(), before);
            assert_eq!(at(&scope, top), before + Counter::SIZE);
        }
    }
}

/// While marking is under way the area ends where a step of it is due: soon if what is made becomes old, and with its chunk if it dies.
#[test]
fn marking_shortens_the_allocation_area_no_more_than_it_has_to() {
    const MB: usize = 1 << 20;
    let at = |scope: &HandleScope<'_>, place| read(scope, scope.isolate_address(place));
    // It counts steps and slow paths.
    let builder = Isolate::builder().classes(&CLASSES).unstressed(Mode::Allocations).unstressed(Mode::Marking);
    let mut isolate = builder.gc_threads(1).semi_space_size(MB, MB).build().unwrap();
    let mut scope = isolate.enter();
    let kept = Counter::new(&mut scope, CounterInit { hits: 0, next: Nil });
    let keep = |scope: &mut HandleScope<'_>, place| {
        let mut inner = scope.nested();
        let next = kept.get(&inner).next().map(|next| inner.handle(next));
        let counter = Counter::try_new_in(&mut inner, place, CounterInit { hits: 1, next }).unwrap();
        kept.get(&inner).set_next(counter.get(&inner));
        at(&inner, IsolateAddress::NewSpaceAllocationLimit)
    };
    while scope.statistics().marking_steps.count == 0 {
        for _ in 0..100 {
            keep(&mut scope, AllocationType::Old);
        }
    }
    // Ends of areas from which so many bytes are made.
    let ends = |scope: &mut HandleScope<'_>, bytes: usize, make: &mut dyn FnMut(&mut HandleScope<'_>) -> usize| {
        let mut ends: Vec<usize> = (0..bytes / Counter::SIZE).map(|_| make(scope)).collect();
        ends.dedup();
        ends.len()
    };
    let mut die = |scope: &mut HandleScope<'_>| {
        Counter::new(&mut scope.nested(), CounterInit { hits: 1, next: Nil });
        at(scope, IsolateAddress::NewSpaceAllocationLimit)
    };
    ends(&mut scope, 3 * MB, &mut die);
    let of_dying = ends(&mut scope, 2 * MB, &mut die);
    let mut live = |scope: &mut HandleScope<'_>| keep(scope, AllocationType::Young);
    ends(&mut scope, MB / 2, &mut live);
    let before = scope.statistics();
    let of_living = ends(&mut scope, MB / 2, &mut live);
    let after = scope.statistics();
    assert!(after.marking_steps.count > before.marking_steps.count && after.full.count == 0, "{after:?}");
    // Of two mebibytes, and of half of one.
    assert!(of_dying <= 12 && 4 * of_living >= 2 * of_dying, "{of_dying} and {of_living}");
}

#[test]
fn a_roots_word_is_read_and_written_where_it_is() {
    for allocation in BOTH {
        let mut isolate = builder(allocation).build().unwrap();
        let mut scope = isolate.enter();
        let seed = mixed::seed.address(&scope);
        assert_eq!(read(&scope, seed), smi_word(7));
        scope.set_root(mixed::seed, -1);
        assert_eq!(read(&scope, seed), smi_word(-1));
        // SAFETY: a root of type `Smi`, in the isolate that is entered, gets a Smi.
        unsafe { core::ptr::with_exposed_provenance_mut::<usize>(seed).write(smi_word(12)) };
        assert_eq!(scope.seed(), 12);
        let mut addresses = Vec::new();
        for kind in [CollectionKind::Young, CollectionKind::Full] {
            let here = scope.counter().as_heap_object().address();
            assert_eq!(read(&scope, mixed::counter.address(&scope)), here + 1); // the whole address, and the tag
            addresses.push(here);
            scope.collect(kind);
        }
        assert_ne!(addresses[0], addresses[1], "it has moved");
        assert_eq!((scope.seed(), scope.counter().hits(), mixed::seed.address(&scope)), (12, 7, seed));
    }
}

#[test]
fn a_root_of_a_table_that_was_not_given_is_nowhere() {
    let mut isolate = Isolate::builder().roots(&LIMITS).allocation(IsolateAllocation::InCage).build().unwrap();
    let scope = isolate.enter();
    for message in [
        panic_message(|| mixed::seed.address(&scope)),
        panic_message(|| mixed::seed.offset_from_isolate_root(&scope)),
        panic_message(|| mixed::seed.offset_from_cage_base(&scope)),
    ] {
        assert!(message.starts_with("root `seed` of `MIXED` has no value: give the table to"), "{message}");
    }
    assert_eq!((scope.depth(), scope.next_id(), scope.largest()), (40, -7, Smi::MAX.value()));
}

// Smi roots.

#[test]
fn smi_roots_have_first_values_a_group_and_setters() {
    for allocation in BOTH {
        let mut isolate = builder(allocation).build().unwrap();
        let mut scope = isolate.enter();
        assert_eq!((scope.depth(), scope.next_id(), scope.largest(), scope.seed()), (40, -7, Smi::MAX.value(), 7));
        assert_eq!(LIMITS.roots(), ["depth", "next_id", "largest"]);
        assert_eq!([0, 1, 2, 3].map(|index| MIXED.is_smi_root(index)), [false, true, true, false]);
        scope.set_root(limit::next_id, scope.next_id() + 1);
        scope.set_root(limit::depth, smi(5));
        for kind in [CollectionKind::Young, CollectionKind::Full] {
            scope.collect(kind);
            let mut seen = Vec::new();
            scope.visit_roots(|root| match root.group {
                RootGroup::SmiRootList => {
                    assert!(root.address().is_none() && root.class().is_none());
                    seen.push(format!("{}.{} {:?}", root.table.unwrap(), root.name.unwrap(), root.value));
                }
                // A Smi in a root of another type is none of these.
                RootGroup::StrongRootList => seen.push(root.name.unwrap().to_owned()),
                _ => {}
            });
            let largest = format!("LIMITS.largest {}", Smi::MAX);
            let numbers =
                ["counter", "MIXED.seed 7", "MIXED.made 8", "anything", "LIMITS.depth 5", "LIMITS.next_id -6"];
            assert_eq!(seen, [&numbers[..], &[&largest[..]]].concat());
        }
    }
    let mut other = builder(IsolateAllocation::InCage).build().unwrap();
    assert_eq!(other.enter().depth(), 40, "each isolate has its own");
    assert_eq!(RootGroup::SmiRootList.name(), "Smi root list");
}

// Generated code.

/// `mov rax, [rdi + offset]; ret`.
fn loads(offset: usize) -> Vec<u8> {
    let [a, b, c, d] = u32::try_from(offset).unwrap().to_le_bytes();
    vec![0x48, 0x8b, 0x87, a, b, c, d, 0xc3]
}

/// Calls what [`loads`] makes with its one argument.
#[cfg(target_arch = "x86_64")]
fn call(scope: &HandleScope<'_>, code: Handle<'_, InstructionStream>, argument: usize) -> usize {
    // SAFETY: a function of this type, kept by the handle; it reads a word of the isolate that is entered, of which a scope
    // is in use.
    unsafe {
        let function: unsafe extern "C" fn(usize) -> usize = code.get(scope).entry();
        function(argument)
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn code_finds_roots_by_a_constant_offset_from_the_cage_base() {
    // It asks for the address of what is young.
    let unforced = builder(IsolateAllocation::InCage).unstressed(Mode::Allocations).unstressed(Mode::Marking);
    let mut isolate = unforced.build().unwrap();
    let mut scope = isolate.enter();
    let base = scope.cage_base();
    let offset = |scope: &HandleScope<'_>| mixed::counter.offset_from_cage_base(scope).unwrap();
    let before = offset(&scope);
    let load_counter = InstructionStream::new(&mut scope, &loads(before));
    let load_seed = loads(mixed::seed.offset_from_cage_base(&scope).unwrap());
    let load_seed = InstructionStream::new(&mut scope, &load_seed);
    let mut seen = Vec::new();
    for kind in [CollectionKind::Young, CollectionKind::Young, CollectionKind::Full, CollectionKind::Full] {
        let word = call(&scope, load_counter, base);
        assert_eq!(word, scope.counter().as_heap_object().address() + 1);
        seen.push(word);
        let hits = scope.counter().hits();
        scope.counter().set_hits(hits + 1);
        scope.set_root(mixed::seed, hits);
        assert_eq!(call(&scope, load_seed, base), smi_word(hits));
        scope.collect(kind);
        assert_eq!(offset(&scope), before, "the object moves, its root does not");
    }
    assert!(seen[0] != seen[1] && scope.counter().hits() == 11, "{seen:x?}");
    // The same code is right for another isolate made with the same tables.
    let code = loads(before);
    drop(scope);
    let mut other = in_cage();
    let mut scope = other.enter();
    let code = InstructionStream::new(&mut scope, &code);
    let counter = Counter::new(&mut scope, CounterInit { hits: 99, next: Nil });
    scope.set_root(mixed::counter, counter);
    let word = call(&scope, code, scope.cage_base());
    assert_eq!(word, counter.get(&scope).as_heap_object().address() + 1);
}

#[test]
#[cfg(target_arch = "x86_64")]
fn code_finds_all_from_the_isolate_root_wherever_that_is() {
    for allocation in BOTH {
        let mut isolate = builder(allocation).build().unwrap();
        let mut scope = isolate.enter();
        for _ in 0..2 {
            for place in IsolateAddress::ALL {
                let code = InstructionStream::new(&mut scope, &loads(place.offset_from_isolate_root()));
                let word = call(&scope, code, scope.isolate_root());
                assert_eq!(word, read(&scope, scope.isolate_address(*place)), "{place}");
                if let Some(offset) = scope.offset_from_cage_base(*place) {
                    let code = InstructionStream::new(&mut scope, &loads(offset));
                    assert_eq!(call(&scope, code, scope.cage_base()), read(&scope, scope.isolate_address(*place)));
                }
            }
            scope.collect(CollectionKind::Full);
            scope.handle(smi(3));
        }
    }
}

/// Instructions that allocate a `Counter` in new space as an allocator would inline it, and make it the root `counter`: takes
/// the isolate root and the compressed or whole word of its map; returns 0 if there is no room.
#[cfg(target_arch = "x86_64")]
fn allocates(scope: &HandleScope<'_>) -> Vec<u8> {
    let disp = |offset: usize| u32::try_from(offset).unwrap().to_le_bytes();
    let top = disp(IsolateAddress::NewSpaceAllocationTop.offset_from_isolate_root());
    let limit = disp(IsolateAddress::NewSpaceAllocationLimit.offset_from_isolate_root());
    let root = disp(mixed::counter.offset_from_isolate_root(scope));
    let store = |offset: usize, register: u8| -> Vec<u8> {
        // mov [rax + offset], esi or edx; of 8 bytes with full pointers
        let modrm = 0x40 | register << 3;
        if TAGGED_SIZE == 4 { vec![0x89, modrm, offset as u8] } else { vec![0x48, 0x89, modrm, offset as u8] }
    };
    let mut code = Vec::new();
    code.extend([0x48, 0x8b, 0x87]); // mov rax, [rdi + top]
    code.extend(top);
    code.extend([0x48, 0x8d, 0x48, Counter::SIZE as u8]); // lea rcx, [rax + SIZE]
    code.extend([0x48, 0x3b, 0x8f]); // cmp rcx, [rdi + limit]
    code.extend(limit);
    code.extend([0x76, 0x03]); // jbe over the next two
    code.extend([0x31, 0xc0, 0xc3]); // xor eax, eax; ret
    code.extend([0x48, 0x89, 0x8f]); // mov [rdi + top], rcx
    code.extend(top);
    code.extend(store(0, 6)); // the map, in rsi
    code.extend(store(Counter::HITS_OFFSET, 2)); // the hits, in rdx
    code.extend([0x31, 0xc9]); // xor ecx, ecx
    code.extend(store(Counter::NEXT_OFFSET, 1)); // no next one: the Smi zero, in rcx
    code.extend([0x48, 0xff, 0xc0]); // inc rax: the tag
    code.extend([0x48, 0x89, 0x87]); // mov [rdi + root], rax
    code.extend(root);
    code.push(0xc3); // ret
    code
}

#[test]
#[cfg(target_arch = "x86_64")]
fn code_allocates_by_itself() {
    for allocation in BOTH {
        // Otherwise the linear allocation area is shut.
        let builder = builder(allocation).unstressed(Mode::Allocations);
        let mut isolate = builder.semi_space_size(256 << 10, 256 << 10).build().unwrap();
        let mut scope = isolate.enter();
        let code = allocates(&scope);
        let code = InstructionStream::new(&mut scope, &code);
        let map = scope.class_map::<Counter>().as_heap_object().address() + 1;
        let (mut made, mut refused) = (0, 0);
        for hits in 0..40_000 {
            let word = {
                // SAFETY: a function of this type, kept by the handle. It makes a whole young object of what was between top and
                // limit, and makes it a root of its class, while the scope is in use here alone.
                unsafe {
                    let allocate: unsafe extern "C" fn(usize, usize, usize) -> usize = code.get(&scope).entry();
                    allocate(scope.isolate_root(), map, smi_word(hits))
                }
            };
            if word == 0 {
                refused += 1;
                let counter = Counter::new(&mut scope, CounterInit { hits, next: Nil }); // collects
                scope.set_root(mixed::counter, counter);
            } else {
                made += 1;
                assert_eq!(word, scope.counter().as_heap_object().address() + 1);
            }
            assert_eq!((scope.counter().hits(), scope.counter().next().is_none()), (hits, true));
        }
        assert!(made > 30_000 && refused > 0, "{made} made by the code, {refused} by the runtime");
        assert!(!scope.statistics().collections.is_empty());
        scope.collect(CollectionKind::Full);
        assert_eq!(scope.counter().hits(), 39_999);
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn under_stress_code_finds_no_room() {
    let mut isolate = builder(IsolateAllocation::InCage).stress(1, CollectionKind::Young).build().unwrap();
    let mut scope = isolate.enter();
    let code = allocates(&scope);
    let code = InstructionStream::new(&mut scope, &code);
    let map = scope.class_map::<Counter>().as_heap_object().address() + 1;
    // SAFETY: as above.
    let word = unsafe {
        let allocate: unsafe extern "C" fn(usize, usize, usize) -> usize = code.get(&scope).entry();
        allocate(scope.isolate_root(), map, smi_word(1))
    };
    assert_eq!((word, scope.counter().hits()), (0, 7));
}

// Being made, moved and dropped.

/// As many roots as fill nearly half of what an isolate in its cage has room for; [`Many::build`] gives two such tables.
struct Many;

impl Many {
    const COUNT: usize = 11_000;

    fn table() -> &'static RootTable {
        static NAMES: [&str; Many::COUNT] = ["number"; Many::COUNT];
        static ENTRIES: [RootEntry; Many::COUNT] = [RootEntry::of::<Smi>().with_value(3); Many::COUNT];
        Box::leak(Box::new(RootTable::new("MANY", &NAMES, &ENTRIES, heapwright::roots::set_up_nothing)))
    }

    fn build(tables: usize, allocation: IsolateAllocation) -> Result<(), IsolateError> {
        let tables: Vec<_> = (0..tables).map(|_| Many::table()).collect();
        let mut builder = Isolate::builder().allocation(allocation);
        for table in &tables {
            builder = builder.roots(table);
        }
        let mut isolate = builder.build()?;
        let mut scope = isolate.enter();
        scope.collect(CollectionKind::Full);
        assert_eq!(scope.named_roots().count(), tables.len() * Many::COUNT);
        for table in &tables {
            // SAFETY: the table has a root of that index, and all of them are Smis.
            let last: RootKey<Smi> = unsafe { RootKey::new(table, Many::COUNT - 1) };
            assert_eq!(scope.root(last), 3);
            scope.set_root(last, -4);
            assert_eq!((scope.root(last), read(&scope, last.address(&scope))), (-4, smi_word(-4)));
        }
        Ok(())
    }
}

#[test]
fn a_cage_has_room_for_so_many_roots() {
    for allocation in BOTH {
        Many::build(0, allocation).unwrap();
        Many::build(2, allocation).unwrap();
    }
    Many::build(3, IsolateAllocation::OutsideCage).unwrap();
    match Many::build(3, IsolateAllocation::InCage) {
        Err(error @ IsolateError::TooManyRoots { roots, maximum }) => {
            assert_eq!(roots, 3 * Many::COUNT);
            assert!(maximum > 2 * Many::COUNT && maximum <= MAX_ISOLATE_DATA_SIZE / 8);
            assert!(error.to_string().contains("33000 roots") && error.to_string().contains("allocate it outside"));
        }
        other => panic!("{other:?}"),
    }
}

isolate_slots! {
    /// What is dropped with the isolate.
    static HELD, accessors in Held;
    first: OnDrop = OnDrop::default(),
    second: OnDrop = OnDrop::default(),
}

#[derive(Default)]
struct OnDrop(Option<Box<dyn FnOnce() + Send>>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        if let Some(f) = self.0.take() {
            f();
        }
    }
}

#[test]
fn values_are_dropped_while_the_cage_is_there_also_when_one_panics() {
    for allocation in BOTH {
        for panics in [false, true] {
            let pages = Arc::new(FaultyPageAllocator::default());
            let mut isolate = builder(allocation).slots(&HELD).page_allocator(pages.clone()).build().unwrap();
            let mapped = pages.mapped();
            let drops = Arc::new(AtomicUsize::new(0));
            {
                let mut scope = isolate.enter();
                let (count, pages, seen) = (drops.clone(), pages.clone(), Global::from_ref(&scope, scope.counter()));
                scope.set_second(OnDrop(Some(Box::new(move || {
                    assert_eq!(pages.mapped(), mapped, "nothing is unmapped yet");
                    drop(seen);
                    count.fetch_add(1, Ordering::Relaxed);
                }))));
                let count = drops.clone();
                scope.set_first(OnDrop(Some(Box::new(move || {
                    count.fetch_add(1, Ordering::Relaxed);
                    assert!(!panics, "this one gives up");
                }))));
            }
            let dropped = catch_unwind(AssertUnwindSafe(|| drop(isolate)));
            assert_eq!((dropped.is_err(), drops.load(Ordering::Relaxed)), (panics, 2));
            assert_eq!((pages.mapped(), pages.committed()), (0, 0));
        }
    }
}

#[test]
fn what_panics_while_an_isolate_is_made_leaves_nothing() {
    thread_local! { static ROUND: Cell<u32> = const { Cell::new(0) }; }
    isolate_slots! {
        static BAD, accessors in Bad;
        kept: Vec<u8> = vec![1],
        bad: u8 = if ROUND.get() == 1 { panic!("no value") } else { 0 },
    }
    fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
        make_handles(scope);
        assert!(ROUND.get() != 2, "no setup");
        Ok(())
    }
    heap_roots! { static GIVES_UP, keys in gives_up, getters in GivesUp, set up by set_up; never: Counter, }
    for allocation in BOTH {
        for (round, expected) in [(1, "no value"), (2, "no setup")] {
            ROUND.set(round);
            let pages = Arc::new(FaultyPageAllocator::default());
            let builder = builder(allocation).slots(&BAD).roots(&GIVES_UP).page_allocator(pages.clone());
            assert_eq!(panic_message(|| builder.build()), expected);
            assert_eq!((pages.mapped(), pages.committed()), (0, 0));
        }
        ROUND.set(3);
        let unset = builder(allocation).roots(&GIVES_UP).build();
        assert!(matches!(unset, Err(IsolateError::RootNotSet { table: "GIVES_UP", root: "never" })), "{unset:?}");
        assert!(builder(allocation).build().unwrap().try_enter().is_ok(), "the thread is free");
    }
}

#[test]
fn the_pages_in_the_cage_come_from_the_isolates_page_allocator() {
    let calls = |allocation| {
        let pages = Arc::new(FaultyPageAllocator::default());
        pages.fail(FaultPlan::Never, &PageOperation::ALL);
        let isolate = builder(allocation).page_allocator(pages.clone()).build().unwrap();
        let numbers = (pages.calls(), pages.committed());
        drop(isolate);
        assert_eq!((pages.mapped(), pages.committed()), (0, 0));
        numbers
    };
    let (outside, inside) = (calls(IsolateAllocation::OutsideCage), calls(IsolateAllocation::InCage));
    assert_eq!(inside.0, outside.0 + 1);
    assert!((1..=4 * 4096).contains(&(inside.1 - outside.1)), "{} bytes", inside.1 - outside.1);
    // It is the first permission that is set.
    let pages = Arc::new(FaultyPageAllocator::default());
    pages.fail(FaultPlan::At(1), &[PageOperation::SetPermissions]);
    let error = builder(IsolateAllocation::InCage).page_allocator(pages.clone()).build().unwrap_err();
    assert!(matches!(error, IsolateError::Memory(_)), "{error}");
    assert_eq!((pages.faults().len(), pages.mapped(), pages.committed()), (1, 0, 0));
    assert!(pages.faults()[0].size <= 4 * 4096);
}

#[test]
fn isolates_travel_and_are_dropped_anywhere_with_handles_in_use() {
    for allocation in BOTH {
        let elsewhere = builder(allocation).build().unwrap();
        std::thread::spawn(move || drop(elsewhere)).join().unwrap();
        let mut isolate = builder(allocation).build().unwrap();
        let root = isolate.enter().isolate_root();
        // Blocks of handles that nobody gives back: the scope is forgotten.
        let mut scope = isolate.enter();
        make_handles(&scope);
        scope.counter().set_hits(1);
        scope.collect(CollectionKind::Young);
        core::mem::forget(scope);
        let mut isolate = std::thread::spawn(move || {
            let mut boxed = Box::new(isolate);
            let scope = boxed.enter();
            assert_eq!((scope.isolate_root(), scope.counter().hits()), (root, 1));
            make_handles(&scope);
            drop(scope);
            *boxed
        })
        .join()
        .unwrap();
        let mut scope = isolate.enter();
        assert_eq!((scope.isolate_root(), scope.handle_count()), (root, 0));
        scope.collect(CollectionKind::Full);
        make_handles(&scope);
        core::mem::forget(scope);
        drop(isolate);
        // One that is forgotten keeps what it has.
        let mut kept = builder(allocation).build().unwrap();
        let address = limit::depth.address(&kept.enter());
        core::mem::forget(kept);
        // SAFETY: nobody uses that isolate any more, and its memory is never given back.
        let word = unsafe { core::ptr::with_exposed_provenance::<usize>(address).read() };
        assert_eq!(word, smi_word(40));
    }
}

#[test]
fn hundreds_come_and_go() {
    let pages = Arc::new(FaultyPageAllocator::default());
    let builder = Isolate::builder()
        .classes(&CLASSES)
        .roots(&MIXED)
        .roots(&LIMITS)
        .semi_space_size(256 << 10, 256 << 10)
        .page_allocator(pages.clone());
    let mut alive = Vec::new();
    for i in 0..300 {
        let mut isolate = builder.clone().allocation(BOTH[i % 2]).build().unwrap();
        {
            let mut scope = isolate.enter();
            scope.set_root(mixed::made, i as i32);
            scope.collect(if i % 7 == 0 { CollectionKind::Full } else { CollectionKind::Young });
        }
        alive.push((i as i32, isolate));
        if alive.len() > 20 {
            let (i, mut isolate) = alive.swap_remove(i * 31 % 20);
            assert_eq!(isolate.enter().made(), i);
        }
    }
    for (i, isolate) in &mut alive {
        assert_eq!(isolate.enter().made(), *i);
    }
    drop(alive);
    assert_eq!((pages.mapped(), pages.committed()), (0, 0));
}

#[test]
fn values_of_slots_stay_where_they_are() {
    isolate_slots! {
        static COUNTS, accessors in Counts;
        /// Counted by generated code, say.
        calls: AtomicUsize = AtomicUsize::new(0),
    }
    let mut isolate = builder(IsolateAllocation::InCage).slots(&COUNTS).build().unwrap();
    let mut scope = isolate.enter();
    let place = core::ptr::from_ref(scope.calls());
    scope.set_calls(AtomicUsize::new(5));
    scope.collect(CollectionKind::Full);
    *scope.calls_mut().get_mut() += 1;
    assert!(core::ptr::eq(place, scope.calls()) && scope.calls().load(Ordering::Relaxed) == 6);
}
