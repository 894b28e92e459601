//! Chunks for the spaces, within the isolate's budget, and the pool of freed ones.
//!
//! A freed chunk waits in the pool for the next request, at most [`POOL_CAPACITY`] of them. There is no thread that looks
//! after the pool: it is [tended](MemoryAllocator::tend) after each collection and when an allocation takes its slow
//! path. What has waited for [`POOL_DISCARD_AFTER`] keeps its addresses but no memory, and what has waited for
//! [`POOL_RELEASE_AFTER`] goes back to the cage, as in V8.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{
    AREA_OFFSET, AddressRegion, CHUNK_SIZE, Cage, ChunkFlags, CodeRange, MemoryChunk, MemoryError, Permission,
};
use crate::barrier::StoreObservers;
use crate::error::{OutOfMemory, OutOfMemoryReason};
use crate::gc::Marking;
use crate::spaces::SpaceId;

/// Freed chunks that are kept for the next request: 2 MiB.
const POOL_CAPACITY: usize = 8;

/// How long a freed chunk keeps its memory.
const POOL_DISCARD_AFTER: Duration = Duration::from_secs(1);

/// How long a freed chunk is kept. V8: about 8 s.
const POOL_RELEASE_AFTER: Duration = Duration::from_secs(8);

/// Numbers of an isolate's memory, all in bytes unless they say otherwise. V8: the accessors of `MemoryAllocator` and
/// `v8::HeapStatistics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryStatistics {
    /// The most that chunks may hold now: what was given to
    /// [`IsolateBuilder::max_heap_size`](crate::IsolateBuilder::max_heap_size), unless a callback near the limit raised it.
    pub capacity: usize,
    /// The same, as it was given.
    pub initial_capacity: usize,
    /// What all chunks of all spaces hold, headers included.
    pub committed: usize,
    /// The most it ever was.
    pub peak_committed: usize,
    /// Freed chunks that wait to be used again; a number, at most 8. A chunk that has waited for one second keeps its
    /// addresses but no memory, and one that has waited for eight is given back; both is looked after at collections and
    /// at allocations that need more than the space at hand.
    pub pooled_chunks: usize,
    /// Those of them that have memory; the others have addresses alone.
    pub pooled_committed: usize,
    /// Freed chunks that the operating system refused to take back. It is asked again at each collection.
    pub unreturned: usize,
    /// Address space that is reserved: all objects ever made lie in it.
    pub reserved: usize,
    /// The lowest address that was ever part of a chunk; the top of the address space before there is one.
    pub lowest_address: usize,
    /// The first address above all that were ever part of a chunk; 0 before there is one.
    pub highest_address: usize,
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
        address < self.lowest_address || address >= self.highest_address
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

/// Hands out chunks and takes them back. V8: `MemoryAllocator`, with its `PagePool`.
#[derive(Debug)]
pub(crate) struct MemoryAllocator {
    cage: Cage,
    code_range: Option<CodeRange>,
    pool: Vec<PooledChunk>,
    committed: usize,
    initial_max_heap_size: usize,
    max_heap_size: usize,
    peak_committed: usize,
    lowest_address: usize,
    highest_address: usize,
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
    pub(crate) fn new(cage: Cage, max_heap_size: usize) -> MemoryAllocator {
        MemoryAllocator {
            cage,
            code_range: None,
            pool: Vec::new(),
            committed: 0,
            initial_max_heap_size: max_heap_size,
            max_heap_size,
            peak_committed: 0,
            lowest_address: usize::MAX,
            highest_address: 0,
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

    /// Changes the budget. Chunks above it stay; there are no new ones until enough are freed.
    pub(crate) fn set_max_heap_size(&mut self, bytes: usize) {
        self.max_heap_size = bytes;
    }

    pub(crate) fn statistics(&self) -> MemoryStatistics {
        MemoryStatistics {
            capacity: self.max_heap_size,
            initial_capacity: self.initial_max_heap_size,
            committed: self.committed,
            peak_committed: self.peak_committed,
            pooled_chunks: self.pool.len(),
            pooled_committed: self.pool.iter().filter(|chunk| !chunk.is_discarded).count() * CHUNK_SIZE,
            unreturned: self.unreturned(),
            reserved: self.cage.size(),
            lowest_address: self.lowest_address,
            highest_address: self.highest_address,
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
        if self.committed + size > self.max_heap_size {
            return Err(OutOfMemoryReason::HeapLimit { limit: self.max_heap_size, used: self.committed });
        }
        let pooled = if size == CHUNK_SIZE { self.pool.pop() } else { None };
        let address = match &pooled {
            Some(chunk) => chunk.address,
            None => self
                .cage
                .allocator()
                .allocate_pages(size, CHUNK_SIZE, Permission::ReadWrite)
                .map_err(|error| OutOfMemoryReason::Memory(Arc::new(error)))?,
        };
        self.committed += size;
        self.peak_committed = self.peak_committed.max(self.committed);
        self.lowest_address = self.lowest_address.min(address);
        self.highest_address = self.highest_address.max(address + size);
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
            chunk.mark_unused();
        }
        if !is_code && size == CHUNK_SIZE && self.pool.len() < POOL_CAPACITY {
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

    /// Looks after the pool: what has waited there for long loses its memory, then its place.
    pub(crate) fn tend(&mut self, now: Instant) {
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

    /// Gives all of the pool back at once.
    pub(crate) fn release_pool(&mut self) {
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

    /// Lets stores into objects of chunks made from now on be observed; null ends that.
    pub(crate) fn set_marking(&mut self, marking: *const Marking) {
        self.marking = marking;
    }

    /// Lets an old chunk tell of what marking has to know: a new one, or one that has become old.
    pub(crate) fn let_tell(&self, chunk: &MemoryChunk) {
        if !self.marking.is_null() && chunk.remembers() {
            chunk.set_marking(self.marking);
        }
    }

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
    /// Sets a part of the cage aside for code.
    ///
    /// # Errors
    ///
    /// If the cage has no such part to give.
    pub(crate) fn reserve_code_range(&mut self, size: usize) -> Result<(), MemoryError> {
        self.code_range = Some(CodeRange::new(&mut self.cage, size)?);
        Ok(())
    }

    /// Where code lies, if the isolate may have any.
    pub(crate) fn code_range(&mut self) -> Option<&mut CodeRange> {
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
        let code_range = self.code_range.as_mut().ok_or(OutOfMemoryReason::NoCodeRange)?;
        let maximum = code_range.max_object_size();
        if object_size > maximum {
            return Err(OutOfMemoryReason::TooLarge { maximum });
        }
        let size = code_range.chunk_size_for(object_size);
        if self.committed + size > self.max_heap_size {
            let (limit, used) = (self.max_heap_size, self.committed);
            return Err(OutOfMemoryReason::HeapLimit { limit, used });
        }
        let chunk =
            code_range.allocate_chunk(space, size).map_err(|error| OutOfMemoryReason::Memory(Arc::new(error)))?;
        self.lowest_address = self.lowest_address.min(chunk.address());
        self.highest_address = self.highest_address.max(chunk.address() + size);
        self.committed += size;
        self.peak_committed = self.peak_committed.max(self.committed);
        if !self.observers.is_null() {
            chunk.set_observers(self.observers);
        }
        self.let_tell(chunk);
        Ok(chunk)
    }
}
