//! `MemoryAllocator` by itself: chunks without an isolate, their budget, the pool that gives memory back, code between guard
//! pages; and a space of a user's own, made of chunks, linear allocation areas and free lists.
#![allow(missing_docs)]

use heapwright::memory::memory_allocator::{POOL_CAPACITY, POOL_DISCARD_AFTER, POOL_RELEASE_AFTER};
use heapwright::memory::{
    AddressRegion, CHUNK_SIZE, Cage, ChunkFlags, FaultPlan, FaultyPageAllocator, KB, MB, MemoryAllocator, MemoryError,
    OwnedChunk, PageOperation, SharedPageAllocator,
};
use heapwright::spaces::{FreeList, LinearAllocationArea, MIN_BLOCK_SIZE};
use heapwright::{OutOfMemoryReason, SpaceId};
use heapwright_tests::{Random, panic_message};
use std::collections::BTreeMap;
use std::ptr::with_exposed_provenance_mut;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn allocator(capacity: usize) -> (Arc<FaultyPageAllocator>, MemoryAllocator) {
    let pages = Arc::new(FaultyPageAllocator::default());
    let cage = Cage::new_in(SharedPageAllocator::new(pages.clone())).unwrap();
    (pages, MemoryAllocator::new(cage, capacity))
}

/// As `rw-`, from `/proc/self/maps`.
fn access(address: usize) -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let access = maps.lines().find_map(|line| {
        let (begin, rest) = line.split_once('-')?;
        let (end, rest) = rest.split_once(' ')?;
        let number = |text| usize::from_str_radix(text, 16).unwrap();
        (number(begin)..number(end)).contains(&address).then(|| rest[..3].to_owned())
    });
    access.expect("mapped")
}

fn word(address: usize) -> *mut u64 {
    with_exposed_provenance_mut(address)
}

#[test]
fn chunks_say_what_they_are() {
    let (pages, mut memory) = allocator(8 * MB);
    assert_eq!((memory.size(), memory.capacity(), memory.available()), (0, 8 * MB, 8 * MB));
    let fresh = memory.statistics();
    assert!(memory.is_outside_allocated_space(0) && memory.is_outside_allocated_space(usize::MAX));
    assert_eq!((fresh.lowest_address, fresh.highest_address), (usize::MAX, 0));
    let old = memory.allocate_page(SpaceId::Old).unwrap();
    let large = memory.allocate_large_page(SpaceId::LargeObject, MB).unwrap();
    assert_eq!((old.size(), old.address() % CHUNK_SIZE, old.space()), (CHUNK_SIZE, 0, SpaceId::Old));
    assert_eq!((large.size(), large.space()), (MB + CHUNK_SIZE, SpaceId::LargeObject));
    assert!(large.flags().contains(ChunkFlags::LARGE) && !old.flags().contains(ChunkFlags::LARGE));
    assert!(large.area().size() >= MB);
    for chunk in [&old, &large] {
        assert_eq!(chunk.region().size(), chunk.size());
        assert!(chunk.region().contains_region(&chunk.area()) && chunk.area().begin() > chunk.address());
        assert_eq!((chunk.top(), chunk.live_bytes(), chunk.is_sealed()), (chunk.area().begin(), 0, false));
        for address in [chunk.address(), chunk.area().begin(), chunk.area().end() - 1] {
            assert!(!memory.is_outside_allocated_space(address));
            assert!(memory.data_page_allocator().contains(address));
        }
        assert_eq!(memory.data_page_allocator().regions().check_region(chunk.address()), chunk.size());
    }
    assert_eq!((memory.size(), pages.committed()), (MB + 2 * CHUNK_SIZE, memory.size()));
    let addresses = (old.address().min(large.address()), old.region().end().max(large.region().end()));
    memory.free(old);
    memory.free(large);
    let after = memory.statistics();
    assert_eq!((after.committed, after.peak_committed), (0, MB + 2 * CHUNK_SIZE));
    assert_eq!((after.lowest_address, after.highest_address), addresses, "ever allocated");
    assert!(memory.is_outside_allocated_space(addresses.0 - 1) && memory.is_outside_allocated_space(addresses.1));
    drop(memory);
    assert_eq!(pages.mapped(), 0);
}

#[test]
fn the_capacity_is_kept_to_and_may_change() {
    let (_pages, mut memory) = allocator(4 * CHUNK_SIZE);
    let mut chunks: Vec<_> = (0..4).map(|_| memory.allocate_page(SpaceId::Old).unwrap()).collect();
    let error = memory.allocate_page(SpaceId::Map).unwrap_err();
    assert_eq!(error.space, SpaceId::Map);
    let OutOfMemoryReason::HeapLimit { limit, used } = error.reason else { panic!("{error}") };
    assert_eq!((limit, used, memory.available()), (4 * CHUNK_SIZE, 4 * CHUNK_SIZE, 0));
    memory.set_capacity(5 * CHUNK_SIZE);
    chunks.push(memory.allocate_page(SpaceId::Map).unwrap());
    // Below what is out: nothing is taken away, and there is nothing new until enough is freed.
    memory.set_capacity(2 * CHUNK_SIZE);
    assert_eq!((memory.size(), memory.available()), (5 * CHUNK_SIZE, 0));
    for left in (2..5).rev() {
        memory.free(chunks.pop().unwrap());
        assert_eq!(memory.size(), left * CHUNK_SIZE);
        assert!(memory.allocate_page(SpaceId::Old).is_err());
    }
    memory.free(chunks.pop().unwrap());
    chunks.push(memory.allocate_page(SpaceId::Old).unwrap());
    for (size, hopeless) in [(2 * CHUNK_SIZE, false), (8 << 30, true), (usize::MAX, true)] {
        let error = memory.allocate_large_page(SpaceId::LargeObject, size).unwrap_err();
        assert_eq!(matches!(error.reason, OutOfMemoryReason::TooLarge { .. }), hopeless, "{error}");
    }
    let statistics = memory.statistics();
    assert_eq!((statistics.initial_capacity, statistics.capacity), (4 * CHUNK_SIZE, 2 * CHUNK_SIZE));
    chunks.into_iter().for_each(|chunk| memory.free(chunk));
}

#[test]
fn the_pool_gives_memory_back_when_its_clock_says_so() {
    let (pages, mut memory) = allocator(64 * MB);
    let start = Instant::now();
    let chunks: Vec<_> = (0..POOL_CAPACITY + 3).map(|_| memory.allocate_page(SpaceId::Old).unwrap()).collect();
    let addresses: Vec<_> = chunks.iter().map(|chunk| chunk.address()).collect();
    chunks.into_iter().for_each(|chunk| memory.free(chunk));
    let pooled = |memory: &MemoryAllocator| {
        let statistics = memory.statistics();
        (statistics.pooled_chunks, statistics.pooled_committed / CHUNK_SIZE)
    };
    assert_eq!((pooled(&memory), pages.committed()), ((POOL_CAPACITY, POOL_CAPACITY), POOL_CAPACITY * CHUNK_SIZE));
    pages.fail(FaultPlan::Never, &PageOperation::ALL);
    // One from the pool, without a call; its old address.
    let again = memory.allocate_page(SpaceId::New).unwrap();
    assert!(addresses.contains(&again.address()) && again.space() == SpaceId::New);
    assert_eq!((pooled(&memory), pages.calls()), ((POOL_CAPACITY - 1, POOL_CAPACITY - 1), 0));
    let tend = |memory: &mut MemoryAllocator, after| memory.tend(start + after);
    tend(&mut memory, Duration::ZERO); // they begin to wait
    tend(&mut memory, POOL_DISCARD_AFTER - Duration::from_nanos(1));
    assert_eq!(pooled(&memory), (POOL_CAPACITY - 1, POOL_CAPACITY - 1));
    tend(&mut memory, POOL_DISCARD_AFTER);
    assert_eq!((pooled(&memory), pages.calls()), ((POOL_CAPACITY - 1, 0), POOL_CAPACITY as u64 - 1));
    memory.free(again);
    assert_eq!(pooled(&memory), (POOL_CAPACITY, 1));
    tend(&mut memory, POOL_RELEASE_AFTER);
    assert_eq!(pooled(&memory), (1, 1));
    // A clock that goes back keeps things longer, no more.
    tend(&mut memory, Duration::from_secs(1));
    assert_eq!(pooled(&memory), (1, 1));
    memory.release_pool();
    assert_eq!((pooled(&memory), pages.committed(), memory.size()), ((0, 0), 0, 0));
    // Large ones and code never wait.
    let large = memory.allocate_large_page(SpaceId::LargeObject, MB).unwrap();
    memory.free(large);
    assert_eq!((pooled(&memory), pages.committed()), ((0, 0), 0));
}

#[test]
fn what_the_system_does_not_take_back_is_offered_again() {
    let (pages, mut memory) = allocator(8 * MB);
    let large = memory.allocate_large_page(SpaceId::LargeObject, MB).unwrap();
    let size = large.size();
    pages.fail(FaultPlan::From(1), &[PageOperation::Decommit]);
    memory.free(large);
    assert_eq!((memory.size(), memory.statistics().unreturned), (0, size), "not the budget's, not the system's");
    memory.tend(Instant::now());
    assert_eq!(memory.statistics().unreturned, size);
    pages.fail(FaultPlan::Never, &[]);
    memory.tend(Instant::now());
    assert_eq!((memory.statistics().unreturned, pages.committed()), (0, 0));
}

#[test]
fn chunks_that_cannot_be_had_change_nothing() {
    let (pages, mut memory) = allocator(8 * MB);
    memory.reserve_code_range(4 * MB).unwrap();
    let all = [SpaceId::Old, SpaceId::LargeObject, SpaceId::Code, SpaceId::CodeLargeObject];
    for space in all {
        let before = memory.statistics();
        for n in 1.. {
            pages.fail(FaultPlan::At(n), &[PageOperation::SetPermissions]);
            let result = if matches!(space, SpaceId::Old | SpaceId::Code) {
                memory.allocate_page(space)
            } else {
                memory.allocate_large_page(space, MB)
            };
            match result {
                Err(error) => {
                    let OutOfMemoryReason::Memory(reason) = &error.reason else { panic!("{error}") };
                    assert!(matches!(**reason, MemoryError::Protect { .. }), "{reason}");
                    assert_eq!((memory.statistics(), pages.committed()), (before, 0));
                }
                Ok(chunk) => {
                    assert!(n > 1);
                    memory.free(chunk);
                    memory.release_pool();
                    break;
                }
            }
        }
        pages.fail(FaultPlan::Never, &[]);
        assert_eq!((memory.size(), pages.committed()), (0, 0));
    }
}

#[test]
fn code_lies_between_guard_pages_and_is_never_writable_and_executable() {
    let (pages, mut memory) = allocator(16 * MB);
    assert!(memory.code_range().is_none() && memory.code_page_allocator().is_none());
    let error = memory.allocate_page(SpaceId::Code).unwrap_err();
    assert!(matches!(error.reason, OutOfMemoryReason::NoCodeRange), "{error}");
    memory.reserve_code_range(8 * MB).unwrap();
    assert!(memory.reserve_code_range(8 * MB).is_err(), "once");
    let range = memory.code_range().unwrap().region();
    let guard = memory.code_range().unwrap().guard_size();
    let mut code = memory.allocate_page(SpaceId::Code).unwrap();
    let mut large = memory.allocate_large_page(SpaceId::CodeLargeObject, MB).unwrap();
    let data = memory.allocate_page(SpaceId::Old).unwrap();
    assert_eq!(memory.size_executable(), code.size() + large.size());
    assert_eq!(memory.statistics().committed_executable, memory.size_executable());
    assert_eq!(memory.size(), memory.size_executable() + data.size());
    assert!(range.contains_region(&code.region()) && range.contains_region(&large.region()));
    assert!(!range.contains(data.address()));
    // Data and code lie at the two ends of the cage; what is between was never allocated.
    let between = data.region().end() + CHUNK_SIZE;
    assert!(memory.is_outside_allocated_space(between) && between < range.begin());
    let free = memory.code_page_allocator().unwrap().free_size();
    assert_eq!(free, 8 * MB - memory.size_executable());
    for chunk in [&mut code, &mut large] {
        let area = chunk.area();
        assert!(chunk.flags().contains(ChunkFlags::EXECUTABLE | ChunkFlags::OPEN_FOR_WRITING));
        assert_eq!(area.begin(), chunk.address() + memory.code_range().unwrap().area_offset());
        assert!(area.end() + guard <= chunk.region().end());
        for _ in 0..2 {
            let around = |area: AddressRegion| {
                [chunk.address(), area.begin() - guard, area.begin(), area.end() - 1, area.end()].map(access)
            };
            assert_eq!(around(area), ["rw-", "---", "rw-", "rw-", "---"]);
            memory.close_code(chunk).unwrap();
            let around = [chunk.address(), area.begin() - guard, area.begin(), area.end() - 1, area.end()].map(access);
            assert_eq!(around, ["rw-", "---", "r-x", "r-x", "---"]);
            assert!(!chunk.flags().contains(ChunkFlags::OPEN_FOR_WRITING));
            memory.open_code(chunk).unwrap();
        }
        pages.fail(FaultPlan::At(1), &[PageOperation::SetPermissions]);
        assert!(memory.close_code(chunk).is_err());
        assert!(chunk.flags().contains(ChunkFlags::OPEN_FOR_WRITING));
        pages.fail(FaultPlan::Never, &[]);
    }
    memory.free(code);
    memory.free(large);
    assert_eq!((memory.size_executable(), memory.statistics().pooled_chunks), (0, 0));
    assert_eq!(pages.committed(), data.size());
    memory.free(data);
}

#[cfg(target_arch = "x86_64")]
#[test]
fn code_in_a_chunk_of_ones_own_runs() {
    let (_pages, mut memory) = allocator(MB);
    memory.reserve_code_range(MB).unwrap();
    let mut chunk = memory.allocate_page(SpaceId::Code).unwrap();
    let entry = chunk.area().begin();
    let instructions = [0xb8, 42, 0, 0, 0, 0xc3]; // mov eax, 42; ret
    // SAFETY: the area is open, has room, and nothing refers to it.
    unsafe { with_exposed_provenance_mut::<u8>(entry).copy_from(instructions.as_ptr(), instructions.len()) };
    memory.close_code(&mut chunk).unwrap();
    // SAFETY: a whole function of this type, in memory that is executable for as long as the chunk is owned.
    let answer =
        unsafe { std::mem::transmute::<*mut u8, extern "C" fn() -> u32>(with_exposed_provenance_mut(entry))() };
    assert_eq!(answer, 42);
    memory.free(chunk);
}

#[test]
fn sealed_chunks_are_read_only_until_they_are_unsealed_or_freed() {
    let (pages, mut memory) = allocator(8 * MB);
    let mut chunk = memory.allocate_page(SpaceId::ReadOnly).unwrap();
    let at = chunk.area().begin();
    // SAFETY: the chunk is owned; written and read while it may be.
    unsafe { word(at).write(7) };
    chunk.set_top(at + 8);
    memory.seal_chunk(&mut chunk).unwrap();
    assert_eq!((access(at), access(chunk.address()), chunk.is_sealed()), ("r--".into(), "r--".into(), true));
    // SAFETY: as above.
    assert_eq!((unsafe { word(at).read() }, chunk.top(), chunk.space()), (7, at + 8, SpaceId::ReadOnly));
    assert_eq!(panic_message(|| chunk.set_top(at)), "the chunk is sealed");
    memory.unseal_chunk(&mut chunk).unwrap();
    assert_eq!(access(at), "rw-");
    assert_eq!(panic_message(|| memory.unseal_chunk(&mut chunk)), "the chunk is not sealed");
    assert!(panic_message(|| chunk.set_top(at - 1)).contains("is not in"));
    // Half sealed at most: the flag follows what is true.
    pages.fail(FaultPlan::From(1), &[PageOperation::SetPermissions]);
    assert!(memory.seal_chunk(&mut chunk).is_err());
    assert!(chunk.is_sealed(), "it could not be undone either, so nobody writes there");
    pages.fail(FaultPlan::Never, &[]);
    memory.unseal_chunk(&mut chunk).unwrap();
    memory.seal_chunk(&mut chunk).unwrap();
    // Freed while it is sealed, once where it can be opened and once where it cannot.
    memory.free(chunk);
    assert_eq!((memory.size(), memory.statistics().pooled_chunks), (0, 1));
    let mut chunk = memory.allocate_page(SpaceId::ReadOnly).unwrap();
    // SAFETY: a chunk of the pool is as good as another.
    unsafe { word(chunk.area().begin()).write(1) };
    memory.seal_chunk(&mut chunk).unwrap();
    pages.fail(FaultPlan::At(1), &[PageOperation::SetPermissions]);
    memory.free(chunk);
    pages.fail(FaultPlan::Never, &[]);
    let statistics = memory.statistics();
    assert_eq!((statistics.committed, statistics.unreturned), (0, CHUNK_SIZE));
    memory.tend(Instant::now());
    assert_eq!((memory.statistics().unreturned, pages.committed()), (0, 0));
}

#[test]
fn a_chunk_is_given_back_to_whom_it_came_from() {
    let ((_, mut one), (_, mut other)) = (allocator(MB), allocator(MB));
    let chunk = one.allocate_page(SpaceId::Old).unwrap();
    let message = panic_message(|| other.free(chunk));
    assert!(message.contains("another allocator's"), "{message}");
    assert_eq!((one.size(), other.size()), (CHUNK_SIZE, 0), "it is leaked");
    let mut chunk = one.allocate_page(SpaceId::Old).unwrap();
    assert!(panic_message(|| other.seal_chunk(&mut chunk)).contains("another allocator's"));
    assert!(panic_message(|| one.open_code(&mut chunk)).contains("only a chunk of code"));
    one.reserve_code_range(CHUNK_SIZE).unwrap();
    assert!(panic_message(|| one.open_code(&mut chunk)).contains("only a chunk of code"));
    let mut code = one.allocate_page(SpaceId::Code).unwrap();
    assert!(panic_message(|| one.seal_chunk(&mut code)).contains("close_code"));
}

#[test]
fn a_chunk_outlives_its_allocator() {
    for has_code in [false, true] {
        let (pages, mut memory) = allocator(MB);
        memory.reserve_code_range(CHUNK_SIZE).unwrap();
        let chunk = memory.allocate_page(if has_code { SpaceId::Code } else { SpaceId::Old }).unwrap();
        let dropped = memory.allocate_page(SpaceId::Old).unwrap();
        drop(dropped);
        assert_eq!(memory.size(), 2 * CHUNK_SIZE, "one that is not given back counts");
        drop(memory);
        // The header is still there, and so is what lies in the chunk.
        let at = chunk.area().begin();
        // SAFETY: the chunk is owned.
        unsafe {
            word(at).write(7);
            assert_eq!((word(at).read(), chunk.size()), (7, CHUNK_SIZE));
        }
        assert!(pages.mapped() > 0);
        drop(chunk);
        assert_eq!((pages.mapped(), pages.committed()), (0, 0));
    }
}

#[test]
fn a_chunk_of_a_cage_whose_allocator_was_exchanged_stays_mapped() {
    // Each cage has the other's pages: what a chunk lies in is not the cage's own reservation.
    let pages: [_; 2] = std::array::from_fn(|_| Arc::new(FaultyPageAllocator::default()));
    let [mut one, mut other] = pages.clone().map(|pages| Cage::new_in(SharedPageAllocator::new(pages)).unwrap());
    std::mem::swap(one.allocator(), other.allocator());
    let mut memory = MemoryAllocator::new(one, MB);
    let chunk = memory.allocate_page(SpaceId::Old).unwrap();
    assert!(other.contains(chunk.address()));
    assert!(memory.reserve_code_range(CHUNK_SIZE).is_err());
    drop((memory, other));
    assert_eq!((chunk.size(), chunk.space()), (CHUNK_SIZE, SpaceId::Old));
    // SAFETY: the chunk is owned.
    unsafe { word(chunk.area().begin()).write(1) };
    assert!(pages[1].mapped() > 0 && pages[0].mapped() == 0);
    drop(chunk);
    assert_eq!(pages[1].mapped(), 0);
}

#[test]
fn free_list_categories_are_those_of_the_reference() {
    let selected = [31, 32, 255, 256, 511, 512, 65_535, 65_536].map(FreeList::category_of);
    assert_eq!(selected, [0, 1, 14, 15, 15, 16, 22, 23]);
    let minima: Vec<_> = (0..FreeList::CATEGORIES).map(FreeList::category_min).collect();
    let expected: Vec<usize> =
        [24].into_iter().chain((32..=256).step_by(16)).chain((9..=16).map(|shift| 1 << shift)).collect();
    assert_eq!((minima.len(), &minima), (24, &expected));
    for (category, min) in minima.iter().enumerate() {
        assert_eq!(FreeList::category_of(*min), category);
        assert_eq!(FreeList::category_of(min - 1), category.saturating_sub(1));
    }
    assert!(std::panic::catch_unwind(|| FreeList::category_min(24)).is_err());
    for (address, size) in [(8, MIN_BLOCK_SIZE - 1), (8, (1 << 29) + 8), (9, 64)] {
        // SAFETY: it panics before it touches anything.
        assert!(std::panic::catch_unwind(|| unsafe { FreeList::format_block(address, size) }).is_err());
    }
}

#[test]
fn linear_areas_hand_out_each_byte_once() {
    let area = LinearAllocationArea::new(AddressRegion::new(0x1000, 64));
    assert_eq!((area.top(), area.limit(), area.available()), (0x1000, 0x1040, 64));
    assert_eq!(
        [area.allocate(40), area.allocate(25), area.allocate(24), area.allocate(1)],
        [Some(0x1000), None, Some(0x1028), None]
    );
    const HALF: usize = 1 << 63;
    for huge in [usize::MAX, usize::MAX - 0x1000, HALF, HALF - 1, HALF - 0x1040] {
        assert_eq!((area.allocate(huge), area.available()), (None, 0));
    }
    let top_of_memory = LinearAllocationArea::new(AddressRegion::new(HALF - 15, 15));
    assert_eq!([top_of_memory.allocate(16), top_of_memory.allocate(15)], [None, Some(HALF - 15)]);
    assert_eq!([HALF, HALF - 1, usize::MAX].map(|huge| top_of_memory.allocate(huge)), [None; 3]);
    let above = panic_message(|| drop(LinearAllocationArea::new(AddressRegion::new(HALF, 15))));
    assert_eq!(above, "a region that ends at 0x800000000000000f is in the half of the system");
}

/// A space as a runtime author would build it: chunks, an area to cut from, a list of what was freed. It owns its chunks, so
/// what it says of their memory is safe.
struct OwnSpace {
    chunks: Vec<OwnedChunk>,
    area: LinearAllocationArea,
    free: FreeList,
}

impl OwnSpace {
    fn allocate(&mut self, memory: &mut MemoryAllocator, size: usize) -> Option<usize> {
        assert!(size >= MIN_BLOCK_SIZE && size.is_multiple_of(8));
        if let Some(address) = self.area.allocate(size) {
            return Some(address);
        }
        let region = match self.free.allocate(size) {
            Some((address, size)) => AddressRegion::new(address, size),
            None => {
                self.chunks.push(memory.allocate_page(SpaceId::Old).ok()?);
                self.chunks.last()?.area()
            }
        };
        let rest = std::mem::replace(&mut self.area, LinearAllocationArea::new(region));
        self.free(rest.top(), rest.available());
        self.area.allocate(size)
    }

    fn free(&mut self, address: usize, size: usize) {
        if size >= MIN_BLOCK_SIZE {
            // SAFETY: bytes of one of the chunks, which the caller does not use any more.
            unsafe { FreeList::format_block(address, size) };
        }
        // SAFETY: as above, and formatted; the list is emptied before the chunks are given back.
        unsafe { self.free.free(address, size) };
    }
}

#[test]
fn a_space_of_ones_own_agrees_with_a_map_of_its_blocks() {
    for seed in 0..20 {
        let (pages, mut memory) = allocator(6 * CHUNK_SIZE);
        let mut space = OwnSpace { chunks: Vec::new(), area: LinearAllocationArea::default(), free: FreeList::new() };
        let mut random = Random::new(seed);
        let mut model: BTreeMap<usize, (usize, u64)> = BTreeMap::new();
        let mut refused = 0;
        for step in 0..4000_u64 {
            if random.one_in(3) && !model.is_empty() {
                let at = *model.keys().nth(random.below(model.len())).unwrap();
                let (size, value) = model.remove(&at).unwrap();
                // SAFETY: a block of the model's, in a chunk that the space owns.
                assert_eq!(unsafe { word(at + size - 8).read() }, value);
                space.free(at, size);
            } else {
                let size = if random.one_in(10) { 2 + random.below(4000) } else { 3 + random.below(30) } * 8;
                let size = size.max(MIN_BLOCK_SIZE);
                let Some(at) = space.allocate(&mut memory, size) else {
                    refused += 1;
                    continue;
                };
                let before = model.range(..at).next_back();
                assert!(before.is_none_or(|(begin, (size, _))| begin + size <= at));
                assert!(model.range(at..).next().is_none_or(|(begin, _)| at + size <= *begin));
                assert!(space.chunks.iter().any(|chunk| chunk.area().contains_region(&AddressRegion::new(at, size))));
                // SAFETY: the last word of what was just handed out.
                unsafe { word(at + size - 8).write(step) };
                model.insert(at, (size, step));
            }
        }
        let used: usize = model.values().map(|(size, _)| size).sum();
        let area: usize = space.chunks.iter().map(|chunk| chunk.area().size()).sum();
        assert_eq!(used + space.free.available() + space.free.wasted() + space.area.available(), area, "seed {seed}");
        assert!(memory.size() <= 6 * CHUNK_SIZE && memory.size() == space.chunks.len() * CHUNK_SIZE);
        assert!(refused > 0, "seed {seed}");
        // Give one chunk back: its blocks leave the list, and no others do.
        let chunk = space.chunks.pop().unwrap();
        let listed = space.free.available();
        let evicted = space.free.evict_range(chunk.area().begin(), chunk.area().end());
        assert_eq!(space.free.available(), listed - evicted);
        space.free.for_each(|address, _| assert!(!chunk.region().contains(address)));
        space.free.reset();
        memory.free(chunk);
        space.chunks.drain(..).for_each(|chunk| memory.free(chunk));
        memory.release_pool();
        assert_eq!((memory.size(), pages.committed()), (0, 0));
        assert!(used > 100 * KB);
    }
}

/// What a child does, by the name in its environment.
#[cfg(target_arch = "x86_64")]
#[test]
#[ignore = "run by others, in a process of its own"]
fn child_process() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let Ok(case) = std::env::var("HEAPWRIGHT_MEMORY_CASE") else { return };
    // Those that die are meant to: no core files.
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).unwrap();
    let (_pages, mut memory) = allocator(8 * MB);
    memory.reserve_code_range(4 * MB).unwrap();
    let mut chunk = memory.allocate_page(SpaceId::Old).unwrap();
    let mut code = memory.allocate_page(SpaceId::Code).unwrap();
    let (data, start) = (chunk.area().begin(), code.area().begin());
    let guard = memory.code_range().unwrap().guard_size();
    // SAFETY: none for what kills the process, as each case but the first must; what comes before is sound.
    unsafe {
        let run = |at: usize| std::mem::transmute::<*mut u64, extern "C" fn()>(word(at))();
        word(data).write_volatile(0xc3); // ret
        word(start).write_volatile(0xc3);
        match case.as_str() {
            "nothing wrong" => {
                memory.close_code(&mut code).unwrap();
                run(start);
            }
            "store sealed" => {
                memory.seal_chunk(&mut chunk).unwrap();
                word(data).write_volatile(1);
            }
            "store into a sealed header" => {
                memory.seal_chunk(&mut chunk).unwrap();
                word(chunk.address()).write_volatile(0);
            }
            "execute data" => run(data),
            "execute open code" => run(start),
            "store into closed code" => {
                memory.close_code(&mut code).unwrap();
                word(start).write_volatile(1);
            }
            "guard before" => drop(word(start - guard).read_volatile()),
            "guard behind" => drop(word(code.area().end()).read_volatile()),
            "freed code" => {
                memory.free(code);
                word(start).read_volatile();
            }
            "given back" => {
                memory.free(chunk);
                memory.release_pool();
                word(data).read_volatile();
            }
            "released" => {
                drop((memory, chunk, code));
                word(data).read_volatile();
            }
            other => panic!("{other}"),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn what_may_not_be_done_with_a_page_faults() {
    use std::os::unix::process::ExitStatusExt;
    const SIGSEGV: i32 = 11;
    let status = |case: &str| {
        std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_process", "--ignored", "--test-threads=1"])
            .env("HEAPWRIGHT_MEMORY_CASE", case)
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap()
    };
    assert!(status("nothing wrong").success());
    for case in [
        "store sealed",
        "store into a sealed header",
        "execute data",
        "execute open code",
        "store into closed code",
        "guard before",
        "guard behind",
        "freed code",
        "given back",
        "released",
    ] {
        assert_eq!(status(case).signal(), Some(SIGSEGV), "{case}");
    }
}
