//! Pages from outside: what the operating system is asked for shows in `/proc/self/smaps`; reservations, and allocators inside
//! them; a page allocator of a user's own, below an isolate.
#![allow(missing_docs)]

use heapwright::memory::{
    AddressRegion, AllocationStatus, BoundedPageAllocator, CAGE_SIZE, CHUNK_SIZE, FaultPlan, FaultyPageAllocator, GB,
    KB, MB, MemoryError, OsPageAllocator, PageAllocator, PageOperation, Permission, RandomAddresses, RegionAllocator,
    RegionState, SharedPageAllocator, VirtualMemory,
};
use heapwright::prelude::*;
use std::ptr::with_exposed_provenance_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The mapping of the process that an address lies in: its addresses, its access as `rw-`, and the bytes of it that are in
/// memory.
#[derive(Debug)]
struct Mapping {
    region: AddressRegion,
    access: String,
    resident: usize,
}

fn mapping(address: usize) -> Option<Mapping> {
    let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mut lines = smaps.lines();
    let (region, access) = lines.by_ref().find_map(|line| {
        let mut words = line.split(' ');
        let (begin, end) = words.next()?.split_once('-')?;
        let begin = usize::from_str_radix(begin, 16).ok()?;
        let region = AddressRegion::new(begin, usize::from_str_radix(end, 16).ok()? - begin);
        region.contains(address).then(|| (region, words.next().unwrap()[..3].to_owned()))
    })?;
    let resident = lines.find_map(|line| line.strip_prefix("Rss:")?.trim().strip_suffix(" kB")?.parse::<usize>().ok());
    Some(Mapping { region, access, resident: resident.unwrap() * KB })
}

fn access(address: usize) -> Option<String> {
    Some(mapping(address)?.access)
}

fn fill(address: usize, size: usize) {
    // SAFETY: the tests pass pages that are theirs and writable.
    unsafe { with_exposed_provenance_mut::<u8>(address).write_bytes(0xaa, size) };
}

fn is_zero(address: usize, size: usize) -> bool {
    // SAFETY: the tests pass pages that are theirs and readable, and nobody writes to them meanwhile.
    let bytes = unsafe { std::slice::from_raw_parts(with_exposed_provenance_mut::<u8>(address), size) };
    bytes.iter().all(|byte| *byte == 0)
}

const PERMISSIONS: [Permission; 5] = [
    Permission::NoAccess,
    Permission::Read,
    Permission::ReadWrite,
    Permission::ReadExecute,
    Permission::ReadWriteExecute,
];

#[test]
fn each_permission_is_given_and_changed_page_by_page() {
    let pages = OsPageAllocator::new();
    let page = pages.commit_page_size();
    assert!(page.is_power_of_two() && pages.allocate_page_size().is_multiple_of(page));
    for permission in PERMISSIONS {
        let address = pages.allocate_pages(None, 3 * page, page, permission).unwrap();
        let all = [0, 1, 2].map(|i| access(address + i * page).unwrap());
        assert_eq!(all, [(); 3].map(|()| permission.to_string()));
        for other in PERMISSIONS {
            // SAFETY: the pages are the test's alone, and nothing refers to them.
            unsafe { pages.set_permissions(address + page, page, other).unwrap() };
            let all = [0, 1, 2].map(|i| access(address + i * page).unwrap());
            assert_eq!(all, [permission, other, permission].map(|p| p.to_string()));
        }
        // SAFETY: as above.
        unsafe { pages.free_pages(address, 3 * page).unwrap() };
    }
}

#[test]
fn hints_are_wishes_and_alignment_is_not() {
    let pages = OsPageAllocator::new();
    let page = pages.allocate_page_size();
    let mut places = RandomAddresses::new(1, 1 << 34);
    for alignment in [page, CHUNK_SIZE, MB, 4 * GB, 16 * GB] {
        let hint = places.next().unwrap();
        let place = |hint| pages.allocate_pages(hint, CHUNK_SIZE, alignment, Permission::Read).unwrap();
        let first = place(Some(hint));
        assert_eq!(first, hint, "a free place that is aligned");
        let others = [place(Some(hint)), place(Some(hint + page / 2)), place(None)];
        for address in others {
            assert!(address != hint && address.is_multiple_of(alignment));
            // What was mapped around it, to find an aligned place, is not there any more, or somebody else's.
            let mapping = mapping(address).unwrap();
            assert!(mapping.region.size() < alignment.max(16 * CHUNK_SIZE), "{mapping:?}");
        }
        for address in others.into_iter().chain([first]) {
            // SAFETY: allocated above, and nothing refers to it.
            unsafe { pages.free_pages(address, CHUNK_SIZE).unwrap() };
        }
        assert!(mapping(hint).is_none());
    }
}

#[test]
fn discarded_and_decommitted_pages_take_no_memory_and_read_zero() {
    let pages = OsPageAllocator::new();
    let size = 4 * MB;
    // Pages without access on both sides keep the mapping apart from others.
    let outer = pages.allocate_pages(None, 3 * size, CHUNK_SIZE, Permission::NoAccess).unwrap();
    let address = outer + size;
    let look = || {
        let mapping = mapping(address).unwrap();
        (mapping.access, mapping.resident)
    };
    // SAFETY: the pages are the test's alone, and accessed while they may be.
    unsafe {
        pages.set_permissions(address, size, Permission::ReadWrite).unwrap();
        assert_eq!(look(), ("rw-".into(), 0), "pages cost memory when they are touched");
        fill(address, size);
        assert_eq!(look(), ("rw-".into(), size));
        pages.discard_pages(address, size / 2).unwrap();
        assert_eq!(look(), ("rw-".into(), size / 2));
        assert!(is_zero(address, size / 2) && !is_zero(address + size / 2, 1));
        fill(address, size);
        // Taking access away keeps contents and memory...
        pages.set_permissions(address, size, Permission::NoAccess).unwrap();
        assert_eq!(look(), ("---".into(), size));
        pages.set_permissions(address, size, Permission::Read).unwrap();
        assert!(!is_zero(address + size - 1, 1));
        // ... and decommitting gives both up.
        pages.decommit_pages(address, size).unwrap();
        assert_eq!(look(), ("---".into(), 0));
        pages.set_permissions(address, size, Permission::ReadWrite).unwrap();
        assert!(is_zero(address, size));
        // Each part may be freed by itself.
        pages.free_pages(address, size).unwrap();
        assert!(mapping(address).is_none() && mapping(address + size - 1).is_none());
        assert!(mapping(outer).is_some() && mapping(address + size).is_some());
        pages.free_pages(outer, size).unwrap();
        pages.free_pages(address + size, size).unwrap();
    }
}

#[test]
fn requests_that_nobody_could_serve_are_errors_with_numbers() {
    let pages = OsPageAllocator::new();
    let page = pages.allocate_page_size();
    for (wrong_size, wrong_alignment) in [(0, page), (page - 1, page), (page, page / 2), (page, 3 * page)] {
        let error = pages.allocate_pages(None, wrong_size, wrong_alignment, Permission::ReadWrite).unwrap_err();
        let MemoryError::InvalidRequest { size, alignment, page_size } = error else { panic!("{error}") };
        assert_eq!((size, alignment, page_size), (wrong_size, wrong_alignment, page));
    }
    let error = pages.allocate_pages(None, 1 << 60, page, Permission::NoAccess).unwrap_err();
    assert!(matches!(error, MemoryError::Map { size, .. } if size == 1 << 60), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn a_reservation_is_its_values_wherever_that_moves() {
    let pages = Arc::new(FaultyPageAllocator::default());
    let shared = SharedPageAllocator::new(pages.clone());
    let memory = VirtualMemory::reserve_from(shared.clone(), 2 * MB, MB, None).unwrap();
    let (begin, region) = (memory.address(), memory.region());
    assert_eq!((begin % MB, pages.mapped(), pages.committed()), (0, 2 * MB, 0));
    assert_eq!(access(begin).as_deref(), Some("---"));
    // SAFETY: nothing refers to the reservation; what is read is committed.
    unsafe {
        memory.set_permissions(begin, MB, Permission::ReadWrite).unwrap();
        assert!(is_zero(begin, MB));
        fill(begin, MB);
        for (address, size) in [(begin - 4096, 4096), (begin, 2 * MB + 4096), (memory.end(), 4096), (begin, usize::MAX)]
        {
            for refused in [
                memory.set_permissions(address, size, Permission::Read),
                memory.discard(address, size),
                memory.decommit(address, size),
            ] {
                let error = refused.unwrap_err();
                assert!(matches!(error, MemoryError::NotAllocated { .. }), "{error}");
            }
        }
        memory.discard(begin, MB).unwrap();
        assert!(is_zero(begin, MB));
    }
    // Into a box, a thread, and back: the same addresses.
    let boxed = Box::new(memory);
    let mut memory = std::thread::spawn(move || {
        assert_eq!(boxed.region(), region);
        *boxed
    })
    .join()
    .unwrap();
    assert_eq!(pages.mapped(), 2 * MB);
    // SAFETY: nothing refers to it.
    unsafe { assert_eq!(memory.release(begin + MB).unwrap(), MB) };
    assert_eq!((memory.size(), pages.mapped(), pages.committed()), (MB, MB, MB));
    // One that takes its place drops it.
    memory = VirtualMemory::reserve_from(shared.clone(), CHUNK_SIZE, CHUNK_SIZE, None).unwrap();
    assert_eq!((memory.size(), pages.mapped()), (CHUNK_SIZE, CHUNK_SIZE));
    memory.free().unwrap();
    assert_eq!((pages.mapped(), pages.committed()), (0, 0));
    // What cannot be given back is said, once.
    let memory = VirtualMemory::map_from(shared, MB).unwrap();
    assert_eq!(pages.committed(), MB);
    pages.fail(FaultPlan::At(1), &[PageOperation::Free]);
    let error = memory.free().unwrap_err();
    assert!(matches!(error, MemoryError::Unmap { size: MB, .. }), "{error}");
    assert_eq!((pages.calls(), pages.mapped(), pages.committed()), (1, MB, 0), "not tried again when it is dropped");
}

/// Four chunks, and the allocator that is asked for their memory.
fn bounded() -> (Arc<FaultyPageAllocator>, BoundedPageAllocator<SharedPageAllocator>) {
    let pages = Arc::new(FaultyPageAllocator::default());
    let memory =
        VirtualMemory::reserve_from(SharedPageAllocator::new(pages.clone()), 4 * CHUNK_SIZE, CHUNK_SIZE, None).unwrap();
    let range = memory.region();
    // SAFETY: the range is fresh, and nobody else touches it.
    let bounded = unsafe { BoundedPageAllocator::new(Arc::new(memory), range, CHUNK_SIZE) };
    (pages, bounded)
}

#[test]
fn failures_of_a_bounded_allocator_have_a_status_and_change_nothing() {
    let (pages, mut bounded) = bounded();
    let begin = bounded.range().begin();
    let rw = Permission::ReadWrite;
    assert_eq!(bounded.allocate_pages(CHUNK_SIZE, CHUNK_SIZE, rw).unwrap(), begin);
    let status = |error: MemoryError| error.allocation_status().map(|status| status.to_string());
    let state = |bounded: &BoundedPageAllocator<SharedPageAllocator>| (bounded.free_size(), bounded.largest_free());
    let before = state(&bounded);
    // Taken, outside, above the end.
    for address in [begin, begin - CHUNK_SIZE, begin + 4 * CHUNK_SIZE, begin + CHUNK_SIZE + 4096, 0] {
        let error = bounded.allocate_pages_at(address, CHUNK_SIZE, rw).unwrap_err();
        assert_eq!(error.allocation_status(), Some(AllocationStatus::HintedAddressTakenOrNotFound));
        assert_eq!(status(error).as_deref(), Some("hinted address taken or not found"));
    }
    let error = bounded.allocate_pages(4 * CHUNK_SIZE, CHUNK_SIZE, rw).unwrap_err();
    assert_eq!(status(error).as_deref(), Some("ran out of reservation"));
    pages.fail(FaultPlan::From(1), &[PageOperation::SetPermissions]);
    for error in [
        bounded.allocate_pages(CHUNK_SIZE, CHUNK_SIZE, rw).unwrap_err(),
        bounded.allocate_pages_at(begin + CHUNK_SIZE, CHUNK_SIZE, rw).unwrap_err(),
        bounded.allocate_pages_near(begin + CHUNK_SIZE, CHUNK_SIZE, CHUNK_SIZE, rw).unwrap_err(),
        // SAFETY: nothing refers to the region.
        unsafe { bounded.grow_pages(begin, CHUNK_SIZE, 2 * CHUNK_SIZE, rw).unwrap_err() },
    ] {
        assert_eq!(status(error).as_deref(), Some("failed to commit"));
    }
    assert_eq!(bounded.allocate_pages(0, CHUNK_SIZE, rw).unwrap_err().allocation_status(), None);
    assert_eq!((state(&bounded), pages.committed()), (before, CHUNK_SIZE));
    // What was refused can be had when the system has memory again.
    pages.fail(FaultPlan::Never, &[]);
    // SAFETY: as above.
    unsafe { bounded.grow_pages(begin, CHUNK_SIZE, 4 * CHUNK_SIZE, rw).unwrap() };
    assert_eq!((state(&bounded), pages.committed()), ((0, 0), 4 * CHUNK_SIZE));
}

#[test]
fn a_bounded_allocator_grows_shrinks_and_leaves_holes() {
    let (pages, mut bounded) = bounded();
    let (begin, commit) = (bounded.range().begin(), bounded.commit_page_size());
    let rw = Permission::ReadWrite;
    bounded.exclude_pages_at(begin + 3 * CHUNK_SIZE, CHUNK_SIZE).unwrap();
    let address = bounded.allocate_pages_near(begin, commit, CHUNK_SIZE, rw).unwrap();
    assert_eq!((address, pages.committed(), bounded.free_size()), (begin, commit, 2 * CHUNK_SIZE));
    assert_eq!(access(begin + commit).as_deref(), Some("---"));
    // SAFETY: nothing refers to the region, and what is read is committed.
    unsafe {
        assert!(bounded.grow_pages(begin, commit, 4 * CHUNK_SIZE, rw).is_err(), "into the hole");
        bounded.grow_pages(begin, commit, 3 * CHUNK_SIZE, rw).unwrap();
        assert!(is_zero(begin, 3 * CHUNK_SIZE));
        fill(begin, 3 * CHUNK_SIZE);
        bounded.release_pages(begin, 3 * CHUNK_SIZE, CHUNK_SIZE).unwrap();
        assert_eq!((bounded.free_size(), pages.committed()), (2 * CHUNK_SIZE, CHUNK_SIZE));
        let again = bounded.allocate_pages(2 * CHUNK_SIZE, CHUNK_SIZE, rw).unwrap();
        assert!(is_zero(again, 2 * CHUNK_SIZE) && !is_zero(begin, 1));
        for (not_mine, size) in [(begin, 2 * CHUNK_SIZE), (begin + 3 * CHUNK_SIZE, CHUNK_SIZE), (0, CHUNK_SIZE)] {
            let error = bounded.free_pages(not_mine, size).unwrap_err();
            assert!(matches!(error, MemoryError::NotAllocated { .. }), "{error}");
        }
        bounded.free_pages(begin, CHUNK_SIZE).unwrap();
        bounded.free_pages(again, 2 * CHUNK_SIZE).unwrap();
        assert!(bounded.free_pages(again, 2 * CHUNK_SIZE).is_err(), "not twice");
    }
    let states: Vec<_> =
        bounded.regions().regions().map(|(region, state)| (region.size() / CHUNK_SIZE, state)).collect();
    assert_eq!(states, [(3, RegionState::Free), (1, RegionState::Excluded)]);
    drop(bounded);
    assert_eq!((pages.mapped(), pages.committed()), (0, 0));
}

#[test]
fn regions_grow_are_excluded_and_placed() {
    let page = 4 * KB;
    let mut regions = RegionAllocator::new(AddressRegion::new(0x7000_0000, 64 * page), page);
    let at = |n: usize| 0x7000_0000 + n * page;
    assert_eq!(regions.allocate_region_near(at(8), 2 * page, 2 * page), Some(at(8)));
    assert_eq!(regions.allocate_region_near(at(9), 2 * page, 2 * page), Some(at(0)), "what fits best");
    assert!(
        regions.is_free(at(2), 6 * page) && !regions.is_free(at(2), 7 * page) && !regions.is_free(at(63), 2 * page)
    );
    assert!(regions.try_grow_region(at(0), 8 * page));
    assert!(!regions.try_grow_region(at(0), 9 * page));
    assert!(regions.exclude_region_at(at(62), 2 * page));
    assert_eq!((regions.free_region(at(62)), regions.check_region(at(62))), (0, 0));
    // The same numbers give the same places.
    let place = || {
        let (mut regions, mut random) = (regions.clone(), heapwright_tests::Random::new(3));
        (0..10).map(|_| regions.allocate_random_region(page, || random.next()).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(place(), place());
    assert!(place().windows(2).any(|pair| pair[1] != pair[0] + page), "{:?}", place());
    assert_eq!(regions.allocate_region_to_grow(page), Some(at(10)));
    assert!(regions.try_grow_region(at(10), 52 * page));
    assert_eq!((regions.free_size(), regions.allocate_region(page)), (0, None));
    assert_eq!(regions.to_string().lines().count(), 1 + regions.regions().count());
}

/// A user's own: everything lies at places that a seed decides, and is counted.
struct Placed {
    pages: OsPageAllocator,
    places: std::sync::Mutex<RandomAddresses>,
    mapped: AtomicUsize,
    calls: AtomicUsize,
}

impl Placed {
    fn new(seed: u64) -> Arc<Placed> {
        let places = std::sync::Mutex::new(RandomAddresses::new(seed, CAGE_SIZE));
        Arc::new(Placed { pages: OsPageAllocator::new(), places, mapped: 0.into(), calls: 0.into() })
    }
}

// SAFETY: all calls are forwarded to `OsPageAllocator`, and nothing here unwinds.
unsafe impl PageAllocator for Placed {
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
        let place = self.places.lock().ok().and_then(|mut places| places.next());
        let address = self.pages.allocate_pages(hint.or(place), size, alignment, permission)?;
        self.mapped.fetch_add(size, Relaxed);
        Ok(address)
    }
    unsafe fn free_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        // SAFETY: the caller's contract is the same; so below.
        unsafe { self.pages.free_pages(address, size) }?;
        self.mapped.fetch_sub(size, Relaxed);
        Ok(())
    }
    unsafe fn set_permissions(&self, address: usize, size: usize, permission: Permission) -> Result<(), MemoryError> {
        self.calls.fetch_add(1, Relaxed);
        // SAFETY: see above.
        unsafe { self.pages.set_permissions(address, size, permission) }
    }
    unsafe fn discard_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        self.calls.fetch_add(1, Relaxed);
        // SAFETY: see above.
        unsafe { self.pages.discard_pages(address, size) }
    }
    unsafe fn decommit_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        self.calls.fetch_add(1, Relaxed);
        // SAFETY: see above.
        unsafe { self.pages.decommit_pages(address, size) }
    }
}

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

heap_classes! { pub static CLASSES = [Bytes]; }

#[test]
fn an_isolate_lives_in_pages_of_a_users_own() {
    let run = |seed| {
        let pages = Placed::new(seed);
        let mut isolate = Isolate::builder().classes(&CLASSES).page_allocator(pages.clone()).build().unwrap();
        assert!(pages.mapped.load(Relaxed) >= CAGE_SIZE);
        let lowest = isolate.memory_statistics().lowest_address;
        let mut scope = isolate.enter();
        let calls = pages.calls.load(Relaxed);
        let bytes = Bytes::new(&mut scope, BytesInit { data: &vec![7; 3 * MB] });
        assert!(pages.calls.load(Relaxed) > calls, "a large object's pages are committed");
        scope.collect(CollectionKind::Full);
        assert_eq!(bytes.get(&scope).data(3 * MB - 1), 7);
        scope.verify().unwrap();
        drop(scope);
        drop(isolate);
        assert_eq!(pages.mapped.load(Relaxed), 0, "all of it was given back");
        lowest
    };
    assert_eq!(run(11), run(11), "the same seed, the same addresses");
    assert_ne!(run(11), run(12));
}
