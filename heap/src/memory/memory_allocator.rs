//! Owns [`MemoryAllocator`]: chunks for the spaces, within a budget, and the pool of freed ones. Promises that a chunk is
//! one owner's until it is given back, that a request which cannot be served changes nothing, and that what the system does
//! not take back is offered to it again. Does not know what lies in a chunk.
//!
//! A freed chunk waits in the pool for the next request, at most [`POOL_CAPACITY`] of them, or as many as a heap expects to want before it
//! is collected again. There is no thread that looks
//! after the pool: it is [tended](MemoryAllocator::tend) after each collection and when an allocation takes its slow
//! path. What has waited for [`POOL_DISCARD_AFTER`] keeps its addresses but no memory, and what has waited for
//! [`POOL_RELEASE_AFTER`] goes back to the cage, as in V8.
//!
//! V8 counterparts: `MemoryAllocator` and its `MemoryPool`. Not here: delayed freeing and a lock, as there is one thread;
//! trusted and shared pages; resizing a large page, since objects never change their size.

use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{
    AREA_OFFSET, AddressRegion, BoundedPageAllocator, CHUNK_SIZE, Cage, ChunkFlags, CodeRange, MemoryChunk,
    MemoryError, OwnedChunk, Permission, SharedPageAllocator,
};
use crate::barrier::StoreObservers;
use crate::error::{OutOfMemory, OutOfMemoryReason};
use crate::external_memory::ExternalCounter;
use crate::gc::Marking;
use crate::spaces::SpaceId;

/// Freed chunks that are kept for the next request at least, if there are so many: 2 MiB.
pub const POOL_CAPACITY: usize = 8;

/// How long a freed chunk keeps its memory.
pub const POOL_DISCARD_AFTER: Duration = Duration::from_secs(1);

/// How long a freed chunk is kept. V8: about 8 s.
pub const POOL_RELEASE_AFTER: Duration = Duration::from_secs(8);

/// Numbers of an isolate's memory at one moment, all in bytes unless they say otherwise; from
/// [`HandleScope::memory_statistics`](crate::HandleScope::memory_statistics) and, outside of it,
/// [`Isolate::memory_statistics`](crate::Isolate::memory_statistics), or from a [`MemoryAllocator`] of one's own. What is in
/// the chunks: [`HandleScope::statistics`](crate::HandleScope::statistics). V8: the accessors of `MemoryAllocator` and
/// `v8::HeapStatistics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryStatistics {
    /// The most that chunks may hold now: what was given to
    /// [`IsolateBuilder::max_heap_size`](crate::IsolateBuilder::max_heap_size), unless a callback near the limit raised it.
    pub capacity: usize,
    /// The capacity that the isolate was made with.
    pub initial_capacity: usize,
    /// What all chunks of all spaces hold, headers included.
    pub committed: usize,
    /// The part of `committed` that holds code, with headers and guard pages. V8: `SizeExecutable`.
    pub committed_executable: usize,
    /// The most that `committed` ever was.
    pub peak_committed: usize,
    /// Freed chunks that wait to be used again; a number, at most as many as the heap may grow by before it is collected, or 8. A chunk that has waited for one second keeps its
    /// addresses but no memory, and one that has waited for eight is given back; both is looked after at collections and
    /// at allocations that need more than the space at hand.
    pub pooled_chunks: usize,
    /// What the chunks in the pool hold: those that have memory still. It does not count as `committed`.
    pub pooled_committed: usize,
    /// Freed chunks that the operating system refused to take back. It is asked again at each collection.
    pub unreturned: usize,
    /// Address space that is reserved: all objects ever made lie in it.
    pub reserved: usize,
    /// The lowest address that was ever part of a chunk without code; the top of the address space before there is one.
    pub lowest_address: usize,
    /// The first address above all that were ever part of a chunk without code; 0 before there is one.
    pub highest_address: usize,
    /// As `lowest_address`, of chunks of code.
    pub lowest_executable_address: usize,
    /// As `highest_address`, of chunks of code.
    pub highest_executable_address: usize,
}

impl MemoryStatistics {
    /// Bytes that chunks may still take.
    #[must_use]
    pub const fn available(&self) -> usize {
        self.capacity.saturating_sub(self.committed)
    }

    /// Is this address surely of no object, now or ever before? V8: `MemoryAllocator::IsOutsideAllocatedSpace`.
    #[must_use]
    pub const fn is_outside_allocated_space(&self, address: usize) -> bool {
        (address < self.lowest_address || address >= self.highest_address)
            && (address < self.lowest_executable_address || address >= self.highest_executable_address)
    }
}

/// The addresses that were ever handed out: from the first, up to the second.
#[derive(Clone, Copy, Debug)]
struct EverAllocated {
    lowest: usize,
    highest: usize,
}

impl EverAllocated {
    const NONE: EverAllocated = EverAllocated { lowest: usize::MAX, highest: 0 };

    fn add(&mut self, address: usize, size: usize) {
        self.lowest = self.lowest.min(address);
        self.highest = self.highest.max(address + size);
    }
}

/// A freed regular chunk. Its header says that it is nobody's.
#[derive(Debug)]
struct PooledChunk {
    address: usize,
    /// When the pool was first tended with the chunk in it. The clock is not looked at in the middle of a collection.
    since: Option<Instant>,
    is_discarded: bool,
}

/// Hands out chunks of one [`Cage`] and takes them back. V8: `MemoryAllocator`.
///
/// An isolate has its own, and shows what it says as [`MemoryStatistics`]. One that is made [here](Self::new) is for who
/// builds spaces without an isolate: its chunks are [`OwnedChunk`]s, whose addresses the owner divides as he likes.
///
/// Chunks that hold code come from a part of the cage that is set aside for it, and lie between guard pages.
///
/// ```
/// use heapwright::SpaceId;
/// use heapwright::memory::{CHUNK_SIZE, Cage, MB, MemoryAllocator};
/// use heapwright::spaces::LinearAllocationArea;
///
/// let mut memory = MemoryAllocator::new(Cage::new()?, 4 * MB);
/// let chunk = memory.allocate_page(SpaceId::Old)?;
/// assert_eq!((chunk.size(), memory.size()), (CHUNK_SIZE, CHUNK_SIZE));
///
/// // A space of one chunk that is filled from its start.
/// let area = LinearAllocationArea::new(chunk.area());
/// let address = area.allocate(64).unwrap();
/// // SAFETY: 64 bytes of a chunk that is ours, used before it is given back.
/// unsafe { std::ptr::with_exposed_provenance_mut::<u64>(address).write(7) };
///
/// // More than the budget allows is an error with the numbers, and changes nothing.
/// assert!(memory.allocate_large_page(SpaceId::LargeObject, 4 * MB).is_err());
///
/// memory.free(chunk);
/// let statistics = memory.statistics();
/// assert_eq!((statistics.committed, statistics.pooled_chunks), (0, 1));
/// assert!(!statistics.is_outside_allocated_space(address));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct MemoryAllocator {
    /// Unique in the process: a chunk is given back to whom it came from.
    id: u64,
    cage: Cage,
    code_range: Option<CodeRange>,
    pool: Vec<PooledChunk>,
    pool_capacity: usize,
    committed: usize,
    committed_executable: usize,
    initial_max_heap_size: usize,
    max_heap_size: usize,
    /// The most that chunks and external memory may have together, at most `isize::MAX`.
    total_budget: usize,
    external: ExternalCounter,
    peak_committed: usize,
    ever_allocated: EverAllocated,
    ever_executable: EverAllocated,
    /// Freed chunks, address and size, that the system refused to take back.
    unreturned: Vec<(usize, usize)>,
    /// Why the last request was refused, since somebody asked.
    last_refusal: Option<OutOfMemoryReason>,
    /// Who observes stores into objects of new chunks; null if nobody does.
    observers: *const StoreObservers,
    /// What new chunks outside the young generation tell of; null if marking is not under way.
    marking: *const Marking,
}

impl MemoryAllocator {
    /// An allocator of the cage's chunks, which may hold `capacity` bytes together, their headers included.
    #[must_use]
    pub fn new(cage: Cage, capacity: usize) -> MemoryAllocator {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        MemoryAllocator {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            cage,
            code_range: None,
            pool: Vec::new(),
            pool_capacity: POOL_CAPACITY,
            committed: 0,
            committed_executable: 0,
            initial_max_heap_size: capacity,
            max_heap_size: capacity,
            total_budget: isize::MAX as usize,
            external: ExternalCounter::default(),
            peak_committed: 0,
            ever_allocated: EverAllocated::NONE,
            ever_executable: EverAllocated::NONE,
            unreturned: Vec::new(),
            last_refusal: None,
            observers: core::ptr::null(),
            marking: core::ptr::null(),
        }
    }

    /// Bytes of all chunks that spaces hold.
    pub(crate) fn committed(&self) -> usize {
        self.committed
    }

    /// The most they ever held.
    pub(crate) fn peak_committed(&self) -> usize {
        self.peak_committed
    }

    /// Bytes of freed chunks that the system refused to take back.
    pub(crate) fn unreturned(&self) -> usize {
        self.unreturned.iter().map(|(_, size)| size).sum()
    }

    /// The budget, in bytes.
    pub(crate) fn max_heap_size(&self) -> usize {
        self.max_heap_size
    }

    /// The budget that the isolate was made with.
    pub(crate) fn initial_max_heap_size(&self) -> usize {
        self.initial_max_heap_size
    }

    /// How many freed chunks to keep, if they are more than [`POOL_CAPACITY`].
    pub(crate) fn set_pool_capacity(&mut self, chunks: usize) {
        self.pool_capacity = chunks.max(POOL_CAPACITY);
    }

    /// Changes the budget. Chunks above it stay; there are no new ones until enough are freed.
    pub(crate) fn set_max_heap_size(&mut self, bytes: usize) {
        self.max_heap_size = bytes;
    }

    /// The most that chunks and external memory may have together.
    pub(crate) fn total_budget(&self) -> usize {
        self.total_budget
    }

    /// Changes that; `None` for no such limit. What is above it stays.
    pub(crate) fn set_total_budget(&mut self, bytes: Option<usize>) {
        self.total_budget = bytes.unwrap_or(usize::MAX).min(isize::MAX as usize);
    }

    /// Memory outside the heap that counts towards it.
    pub(crate) fn external(&self) -> &ExternalCounter {
        &self.external
    }

    /// What chunks may have, as far as external memory leaves it.
    pub(crate) fn limit(&self) -> usize {
        self.max_heap_size.min(self.total_budget.saturating_sub(self.external.bytes()))
    }

    /// Whether so many external bytes more would be within the total budget, without the pool if need be.
    pub(crate) fn has_external_room(&mut self, bytes: usize) -> bool {
        let held = self.committed.saturating_add(self.external.bytes());
        let is_within = held.checked_add(bytes).is_some_and(|all| all <= self.total_budget);
        if is_within && held + bytes + self.pool.len() * CHUNK_SIZE > self.total_budget {
            self.release_pool();
        }
        is_within
    }

    /// Whether a chunk of `size` bytes is within both limits; the pool, of which it may be, goes if it has to.
    fn check_limits(&mut self, size: usize) -> Result<(), OutOfMemoryReason> {
        let committed = self.committed;
        if committed + size > self.max_heap_size {
            return Err(OutOfMemoryReason::HeapLimit { limit: self.max_heap_size, used: committed });
        }
        let (budget, external) = (self.total_budget, self.external.bytes());
        let held = committed.saturating_add(external).saturating_add(size);
        if held > budget {
            return Err(OutOfMemoryReason::TotalBudget { budget, committed, external });
        }
        let pooled = self.pool.len() - usize::from(size == CHUNK_SIZE && !self.pool.is_empty());
        // A small pool may come on top of what the heap may have.
        let is_crowded = pooled > POOL_CAPACITY && committed + size + pooled * CHUNK_SIZE > self.max_heap_size;
        if is_crowded || held.saturating_add(pooled * CHUNK_SIZE) > budget {
            self.release_pool();
        }
        Ok(())
    }

    /// All numbers at once. Costs no walk.
    #[must_use]
    pub fn statistics(&self) -> MemoryStatistics {
        MemoryStatistics {
            capacity: self.max_heap_size,
            initial_capacity: self.initial_max_heap_size,
            committed: self.committed,
            committed_executable: self.committed_executable,
            peak_committed: self.peak_committed,
            pooled_chunks: self.pool.len(),
            pooled_committed: self.pool.iter().filter(|chunk| !chunk.is_discarded).count() * CHUNK_SIZE,
            unreturned: self.unreturned(),
            reserved: self.cage.size(),
            lowest_address: self.ever_allocated.lowest,
            highest_address: self.ever_allocated.highest,
            lowest_executable_address: self.ever_executable.lowest,
            highest_executable_address: self.ever_executable.highest,
        }
    }

    /// A chunk for an object of `object_size` bytes or, if that is 0, a regular one.
    ///
    /// # Errors
    ///
    /// If the budget or the operating system does not allow it.
    pub(crate) fn allocate_chunk<'a>(
        &mut self,
        space: SpaceId,
        object_size: usize,
        flags: ChunkFlags,
    ) -> Result<&'a MemoryChunk, OutOfMemory> {
        self.try_allocate_chunk(space, object_size, flags).map_err(|reason| {
            self.last_refusal = Some(reason.clone());
            OutOfMemory { requested: object_size.max(1), space, reason }
        })
    }

    fn try_allocate_chunk<'a>(
        &mut self,
        space: SpaceId,
        object_size: usize,
        flags: ChunkFlags,
    ) -> Result<&'a MemoryChunk, OutOfMemoryReason> {
        let size = if object_size == 0 {
            CHUNK_SIZE
        } else {
            object_size
                .checked_add(AREA_OFFSET + CHUNK_SIZE - 1)
                .map(|bytes| bytes & !(CHUNK_SIZE - 1))
                .filter(|bytes| *bytes < self.cage.size())
                .ok_or(OutOfMemoryReason::TooLarge { maximum: self.cage.size() - 2 * CHUNK_SIZE })?
        };
        self.check_limits(size)?;
        let pooled = if size == CHUNK_SIZE { self.pool.pop() } else { None };
        let address = match &pooled {
            Some(chunk) => chunk.address,
            None => self.allocate_pages(size).map_err(|error| OutOfMemoryReason::Memory(Arc::new(error)))?,
        };
        self.committed += size;
        self.peak_committed = self.peak_committed.max(self.committed);
        self.ever_allocated.add(address, size);
        let area = AddressRegion::new(address + AREA_OFFSET, size - AREA_OFFSET);
        // SAFETY: `size` bytes at `address` were just committed, or come from the pool, which nothing refers to.
        let chunk = unsafe { MemoryChunk::initialize(address, size, area, space, flags) };
        if pooled.is_some() {
            chunk.clear_marks();
        }
        if !self.observers.is_null() {
            chunk.set_observers(self.observers);
        }
        self.let_tell(chunk);
        Ok(chunk)
    }

    /// Pages of the cage; those of the pool may be in the way.
    fn allocate_pages(&mut self, size: usize) -> Result<usize, MemoryError> {
        let pages = |this: &mut Self| this.cage.allocator().allocate_pages(size, CHUNK_SIZE, Permission::ReadWrite);
        match pages(self) {
            Err(_) if self.pool.len() > POOL_CAPACITY => {
                self.release_pool();
                pages(self)
            }
            result => result,
        }
    }

    /// Why the last request since the last call was refused, if one was.
    pub(crate) fn take_last_refusal(&mut self) -> Option<OutOfMemoryReason> {
        self.last_refusal.take()
    }

    /// Takes a chunk back.
    ///
    /// # Safety
    ///
    /// It came from [`allocate_chunk`](Self::allocate_chunk), and nothing refers to it or to an object in it.
    pub(crate) unsafe fn free_chunk(&mut self, chunk: &MemoryChunk) {
        let (address, size) = (chunk.address(), chunk.size());
        self.committed -= size;
        // SAFETY: the caller's contract.
        unsafe { chunk.tear_down() };
        let is_code = chunk.has(ChunkFlags::EXECUTABLE);
        if is_code {
            self.committed_executable -= size;
            chunk.mark_unused();
        }
        if !is_code && size == CHUNK_SIZE && self.pool.len() < self.pool_capacity {
            chunk.mark_unused();
            self.pool.push(PooledChunk { address, since: None, is_discarded: false });
            return;
        }
        // SAFETY: the caller's contract.
        unsafe { self.give_back(address, size) };
    }

    /// Gives the pages of a freed chunk back to the cage. If the system refuses, they wait until it is asked again. No
    /// event is emitted here: this may be the middle of a collection.
    ///
    /// # Safety
    ///
    /// The chunk is no space's, nor in the pool, and nothing refers to it.
    unsafe fn give_back(&mut self, address: usize, size: usize) {
        let pages = match &mut self.code_range {
            Some(range) if range.contains(address) => range.allocator(),
            _ => self.cage.allocator(),
        };
        // SAFETY: the caller's contract.
        if unsafe { pages.free_pages(address, size) }.is_err() {
            // SAFETY: as above. What is lost until then is address space, not memory.
            let _ = unsafe { pages.discard_pages(address, size) };
            self.unreturned.push((address, size));
        }
    }

    /// Looks after the pool: what has waited there for [a second](POOL_DISCARD_AFTER) loses its memory, after
    /// [eight](POOL_RELEASE_AFTER) its place. A chunk begins to wait with the first call that sees it in the pool. What the
    /// system refused to take back is offered to it again.
    ///
    /// `now` is what the caller's clock says; it should not go back. Isolates do this after collections.
    pub fn tend(&mut self, now: Instant) {
        self.tend_unreturned();
        let mut at = 0;
        while at < self.pool.len() {
            let chunk = &mut self.pool[at];
            let waited = now.saturating_duration_since(*chunk.since.get_or_insert(now));
            if waited >= POOL_RELEASE_AFTER {
                let chunk = self.pool.remove(at);
                // SAFETY: the pool's chunks are nobody's, and this one has just left it.
                unsafe { self.give_back(chunk.address, CHUNK_SIZE) };
                continue;
            }
            if waited >= POOL_DISCARD_AFTER && !chunk.is_discarded {
                // SAFETY: nothing refers to the pool's chunks, and their headers are written anew.
                chunk.is_discarded = unsafe { self.cage.allocator().discard_pages(chunk.address, CHUNK_SIZE) }.is_ok();
            }
            at += 1;
        }
    }

    /// Whether there is something to [`tend`](Self::tend).
    #[inline]
    pub(crate) fn needs_tending(&self) -> bool {
        !self.pool.is_empty() || !self.unreturned.is_empty()
    }

    /// Gives all of the pool back at once. V8: `ReleasePooledChunksImmediately`.
    pub fn release_pool(&mut self) {
        self.tend_unreturned();
        for chunk in core::mem::take(&mut self.pool) {
            // SAFETY: the pool's chunks are nobody's, and this one has just left it.
            unsafe { self.give_back(chunk.address, CHUNK_SIZE) };
        }
    }

    /// Asks the system again to take back what it refused.
    fn tend_unreturned(&mut self) {
        for (address, size) in core::mem::take(&mut self.unreturned) {
            // SAFETY: freed before, and handed to nobody since.
            unsafe { self.give_back(address, size) };
        }
    }

    /// Lets old chunks made from now on tell what marking has to know; null ends that.
    pub(crate) fn set_marking(&mut self, marking: *const Marking) {
        self.marking = marking;
    }

    /// Lets an old chunk tell of what marking has to know: a new one, or one that has become old.
    pub(crate) fn let_tell(&self, chunk: &MemoryChunk) {
        if !self.marking.is_null() && chunk.remembers() {
            chunk.set_marking(self.marking);
        }
    }

    /// Lets stores into objects of chunks made from now on be observed; null ends that.
    pub(crate) fn set_observers(&mut self, observers: *const StoreObservers) {
        self.observers = observers;
    }

    /// Makes the header of a sealed chunk writable, until it is sealed anew.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub(crate) fn unseal(&mut self, chunk: &MemoryChunk) -> Result<(), MemoryError> {
        // SAFETY: the chunk is committed, and more rights harm no access.
        unsafe { self.cage.allocator().set_permissions(chunk.address(), chunk.size(), Permission::ReadWrite) }
    }

    /// Makes a chunk of read-only space unwritable.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub(crate) fn seal(&mut self, chunk: &MemoryChunk) -> Result<(), MemoryError> {
        // SAFETY: only objects without setters are allocated in read-only space, and the collector skips it: nothing
        // writes there any more.
        unsafe { self.cage.allocator().set_permissions(chunk.address(), chunk.size(), Permission::Read) }
    }
}

/// Code, in its own part of the cage.
impl MemoryAllocator {
    /// Sets the last `size` bytes of the cage aside for code: a multiple of [`CHUNK_SIZE`], at most
    /// [2 GiB](super::code_range::MAX_CODE_RANGE_SIZE). Once, before anything lies there.
    ///
    /// # Errors
    ///
    /// Those of [`CodeRange::new`].
    pub fn reserve_code_range(&mut self, size: usize) -> Result<(), MemoryError> {
        self.code_range = Some(CodeRange::new(&mut self.cage, size)?);
        Ok(())
    }

    /// Where code lies, if a range was set aside for it.
    #[must_use]
    pub fn code_range(&self) -> Option<&CodeRange> {
        self.code_range.as_ref()
    }

    pub(crate) fn code_range_mut(&mut self) -> Option<&mut CodeRange> {
        self.code_range.as_mut()
    }

    /// As [`allocate_chunk`](Self::allocate_chunk), in the code range. The chunk is open for writing.
    ///
    /// # Errors
    ///
    /// If the budget, the code range or the operating system does not allow it.
    pub(crate) fn allocate_code_chunk<'a>(
        &mut self,
        space: SpaceId,
        object_size: usize,
    ) -> Result<&'a MemoryChunk, OutOfMemory> {
        self.try_allocate_code_chunk(space, object_size).map_err(|reason| {
            self.last_refusal = Some(reason.clone());
            OutOfMemory { requested: object_size.max(1), space, reason }
        })
    }

    fn try_allocate_code_chunk<'a>(
        &mut self,
        space: SpaceId,
        object_size: usize,
    ) -> Result<&'a MemoryChunk, OutOfMemoryReason> {
        let code_range = self.code_range.as_ref().ok_or(OutOfMemoryReason::NoCodeRange)?;
        let maximum = code_range.max_object_size();
        if object_size > maximum {
            return Err(OutOfMemoryReason::TooLarge { maximum });
        }
        let size = code_range.chunk_size_for(object_size);
        self.check_limits(size)?;
        let code_range = self.code_range.as_mut().ok_or(OutOfMemoryReason::NoCodeRange)?;
        let chunk =
            code_range.allocate_chunk(space, size).map_err(|error| OutOfMemoryReason::Memory(Arc::new(error)))?;
        self.ever_executable.add(chunk.address(), size);
        self.committed += size;
        self.committed_executable += size;
        self.peak_committed = self.peak_committed.max(self.committed);
        if !self.observers.is_null() {
            chunk.set_observers(self.observers);
        }
        self.let_tell(chunk);
        Ok(chunk)
    }
}

/// For spaces of one's own.
impl MemoryAllocator {
    /// Bytes that all chunks together may have.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.max_heap_size
    }

    /// Changes the [capacity](Self::capacity). Chunks above it stay; there are no new ones until enough are freed.
    pub fn set_capacity(&mut self, bytes: usize) {
        self.max_heap_size = bytes;
    }

    /// Bytes of all chunks that are out, headers included. V8: `Size`.
    #[must_use]
    pub fn size(&self) -> usize {
        self.committed
    }

    /// Bytes of those that hold code, guard pages included. V8: `SizeExecutable`.
    #[must_use]
    pub fn size_executable(&self) -> usize {
        self.committed_executable
    }

    /// Bytes that new chunks may have. V8: `Available`.
    #[must_use]
    pub fn available(&self) -> usize {
        self.max_heap_size.saturating_sub(self.committed)
    }

    /// Was this address surely never part of a chunk? V8: `IsOutsideAllocatedSpace`.
    #[must_use]
    pub fn is_outside_allocated_space(&self, address: usize) -> bool {
        self.statistics().is_outside_allocated_space(address)
    }

    /// Where chunks without code come from, to look at. V8: `data_page_allocator`.
    #[must_use]
    pub fn data_page_allocator(&self) -> &BoundedPageAllocator<SharedPageAllocator> {
        self.cage.pages()
    }

    /// Where chunks of code come from, to look at; `None` unless a [range](Self::reserve_code_range) was set aside for it.
    /// V8: `code_page_allocator`.
    #[must_use]
    pub fn code_page_allocator(&self) -> Option<&BoundedPageAllocator<SharedPageAllocator>> {
        self.code_range.as_ref().map(CodeRange::pages)
    }

    /// A regular chunk of [`CHUNK_SIZE`] bytes, which says that it belongs to `space`. Its area is committed, and holds
    /// zeroes or what was in a chunk that was freed before.
    ///
    /// For [`SpaceId::Code`] it comes from the code range, is zero, has a guard page before and behind its area, and is
    /// [open](Self::open_code) for writing. V8: `AllocatePage`.
    ///
    /// # Errors
    ///
    /// If the capacity, the cage, the code range or the operating system does not allow it; then nothing has changed.
    pub fn allocate_page(&mut self, space: SpaceId) -> Result<OwnedChunk, OutOfMemory> {
        self.allocate_owned(space, 0)
    }

    /// A chunk for one object of `object_size` bytes, a large one: its area has room for it, and its size is a multiple of
    /// [`CHUNK_SIZE`]. Otherwise as [`allocate_page`](Self::allocate_page), of [`SpaceId::CodeLargeObject`] for code. V8:
    /// `AllocateLargePage`.
    ///
    /// # Errors
    ///
    /// As for [`allocate_page`](Self::allocate_page).
    pub fn allocate_large_page(&mut self, space: SpaceId, object_size: usize) -> Result<OwnedChunk, OutOfMemory> {
        self.allocate_owned(space, object_size.max(1))
    }

    fn allocate_owned(&mut self, space: SpaceId, object_size: usize) -> Result<OwnedChunk, OutOfMemory> {
        let is_code = matches!(space, SpaceId::Code | SpaceId::CodeLargeObject);
        let chunk = if is_code {
            self.allocate_code_chunk(space, object_size)?
        } else {
            let mut flags = super::chunk::interesting_pointers(space);
            // While nobody marks, pointers to young chunks are interesting, and to no others.
            flags.set(ChunkFlags::IN_TO_SPACE, flags.contains(ChunkFlags::POINTERS_TO_HERE_ARE_INTERESTING));
            flags.set(ChunkFlags::READ_ONLY, space == SpaceId::ReadOnly);
            flags.set(ChunkFlags::LARGE, object_size > 0);
            self.allocate_chunk(space, object_size, flags)?
        };
        // What keeps the chunk's pages mapped is the reservation that they were cut from, wherever the cage has its
        // allocator from.
        let pages = self.code_range.as_ref().filter(|_| is_code).map_or(self.cage.pages(), CodeRange::pages);
        // SAFETY: the chunk was just handed out, to nobody else, and lies in that reservation. What refers to it later got
        // it from the owner.
        Ok(unsafe { OwnedChunk::new(chunk, self.id, Arc::clone(pages.reservation())) })
    }

    /// Takes a chunk back. A regular one without code waits in the pool; what lies in others goes back to the operating
    /// system, and their addresses to the cage. V8: `Free`.
    ///
    /// Safe, although it may unmap the chunk: to reach what is in it, someone had to turn an address into a reference in
    /// unsafe code, and there promised that the chunk is owned for as long as that is used.
    ///
    /// # Panics
    ///
    /// If the chunk is not from this allocator. It is leaked then.
    #[track_caller]
    pub fn free(&mut self, mut chunk: OwnedChunk) {
        self.check_owner(&chunk);
        if chunk.is_sealed() && self.unseal_chunk(&mut chunk).is_err() {
            // Its header cannot be written, so it cannot be used again: it waits to be taken back as a whole.
            self.committed -= chunk.size();
            self.unreturned.push((chunk.address(), chunk.size()));
            return;
        }
        // SAFETY: from this allocator, and given back by its owner, who has ended all uses of what is in it.
        unsafe { self.free_chunk(&chunk) };
    }

    /// Makes a chunk without code unwritable, header and area, until it is [unsealed](Self::unseal_chunk): a store faults.
    ///
    /// # Errors
    ///
    /// If the operating system refuses.
    ///
    /// # Panics
    ///
    /// If the chunk is not from this allocator, or holds code.
    #[track_caller]
    pub fn seal_chunk(&mut self, chunk: &mut OwnedChunk) -> Result<(), MemoryError> {
        self.check_owner(chunk);
        assert!(!chunk.flags().contains(ChunkFlags::EXECUTABLE), "code is not sealed: `close_code`");
        let sealed = self.seal(chunk);
        // A refusal may have come after a part of it was done. Where that cannot be undone, the header may be part of it.
        chunk.set_sealed(sealed.is_ok() || self.unseal(chunk).is_err());
        sealed
    }

    /// Makes a sealed chunk writable again.
    ///
    /// # Errors
    ///
    /// If the operating system refuses.
    ///
    /// # Panics
    ///
    /// If the chunk is not from this allocator, or not sealed.
    #[track_caller]
    pub fn unseal_chunk(&mut self, chunk: &mut OwnedChunk) -> Result<(), MemoryError> {
        self.check_owner(chunk);
        assert!(chunk.is_sealed(), "the chunk is not sealed");
        self.unseal(chunk)?;
        chunk.set_sealed(false);
        Ok(())
    }

    /// Makes the area of a chunk of code writable, and no longer executable. V8: what constructing a
    /// `CodePageMemoryModificationScope` does.
    ///
    /// # Errors
    ///
    /// If the operating system refuses. The area is then what it was, or at least not writable and executable at once.
    ///
    /// # Panics
    ///
    /// If the chunk is not from this allocator, or holds no code.
    #[track_caller]
    pub fn open_code(&mut self, chunk: &mut OwnedChunk) -> Result<(), MemoryError> {
        self.code_range_of(chunk).open(chunk)
    }

    /// Makes the area of a chunk of code executable, and no longer writable.
    ///
    /// # Errors
    ///
    /// If the operating system refuses; the chunk keeps the flag
    /// [`OPEN_FOR_WRITING`](super::ChunkFlags::OPEN_FOR_WRITING).
    ///
    /// # Panics
    ///
    /// If the chunk is not from this allocator, or holds no code.
    #[track_caller]
    pub fn close_code(&mut self, chunk: &mut OwnedChunk) -> Result<(), MemoryError> {
        self.code_range_of(chunk).close(chunk)
    }

    #[track_caller]
    fn code_range_of(&mut self, chunk: &OwnedChunk) -> &mut CodeRange {
        self.check_owner(chunk);
        self.code_range
            .as_mut()
            .filter(|range| range.contains(chunk.address()))
            .expect("only a chunk of code is opened and closed")
    }

    #[track_caller]
    fn check_owner(&self, chunk: &OwnedChunk) {
        assert_eq!(chunk.allocator(), self.id, "the chunk at {:#x} is another allocator's", chunk.address());
    }
}
