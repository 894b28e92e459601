//! Chunks for the spaces, within the isolate's budget.

use super::{
    AREA_OFFSET, AddressRegion, CHUNK_SIZE, Cage, ChunkFlags, CodeRange, MemoryChunk, MemoryError, Permission,
};
use crate::barrier::StoreObservers;
use crate::error::{OutOfMemory, OutOfMemoryReason};
use crate::spaces::SpaceId;

/// Freed chunks that are kept committed for the next request: 2 MiB.
const POOL_CAPACITY: usize = 8;

/// Hands out chunks and takes them back. V8: `MemoryAllocator`.
#[derive(Debug)]
pub(crate) struct MemoryAllocator {
    cage: Cage,
    code_range: Option<CodeRange>,
    pool: Vec<usize>,
    committed: usize,
    max_heap_size: usize,
    peak_committed: usize,
    /// Bytes of freed chunks that the system refused to take back.
    unreturned: usize,
    /// Who observes stores into objects of new chunks; null if nobody does.
    observers: *const StoreObservers,
}

impl MemoryAllocator {
    pub(crate) fn new(cage: Cage, max_heap_size: usize) -> MemoryAllocator {
        let observers = core::ptr::null();
        MemoryAllocator {
            cage,
            code_range: None,
            pool: Vec::new(),
            committed: 0,
            max_heap_size,
            peak_committed: 0,
            unreturned: 0,
            observers,
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
        self.unreturned
    }

    /// The budget, in bytes.
    pub(crate) fn max_heap_size(&self) -> usize {
        self.max_heap_size
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
        let error = |reason| OutOfMemory { requested: object_size.max(1), space, reason };
        let size = if object_size == 0 {
            CHUNK_SIZE
        } else {
            object_size
                .checked_add(AREA_OFFSET + CHUNK_SIZE - 1)
                .map(|bytes| bytes & !(CHUNK_SIZE - 1))
                .filter(|bytes| *bytes < self.cage.size())
                .ok_or_else(|| error(OutOfMemoryReason::TooLarge { maximum: self.cage.size() - 2 * CHUNK_SIZE }))?
        };
        if self.committed + size > self.max_heap_size {
            let (limit, used) = (self.max_heap_size, self.committed);
            return Err(error(OutOfMemoryReason::HeapLimit { limit, used }));
        }
        let pooled = if size == CHUNK_SIZE { self.pool.pop() } else { None };
        let address = match pooled {
            Some(address) => address,
            None => self
                .cage
                .allocator()
                .allocate_pages(size, CHUNK_SIZE, Permission::ReadWrite)
                .map_err(|e| error(OutOfMemoryReason::Memory(std::sync::Arc::new(e))))?,
        };
        self.committed += size;
        self.peak_committed = self.peak_committed.max(self.committed);
        let area = AddressRegion::new(address + AREA_OFFSET, size - AREA_OFFSET);
        // SAFETY: `size` bytes at `address` were just committed, or come from the pool, which nothing refers to.
        let chunk = unsafe { MemoryChunk::initialize(address, size, area, space, flags) };
        if pooled.is_some() {
            chunk.clear_marks();
        }
        if !self.observers.is_null() {
            chunk.set_observers(self.observers);
        }
        Ok(chunk)
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
        if let Some(code_range) = self.code_range.as_mut().filter(|range| range.contains(address)) {
            // SAFETY: the caller's contract.
            if unsafe { code_range.free_chunk(chunk) }.is_err() {
                self.unreturned += size;
            }
            return;
        }
        if size == CHUNK_SIZE && self.pool.len() < POOL_CAPACITY {
            chunk.mark_unused();
            self.pool.push(address);
            return;
        }
        // SAFETY: the caller's contract. If the system refuses to take the pages, they stay reserved and unused: address
        // space is lost, nothing else. No event is emitted here: this may be the middle of a collection.
        if unsafe { self.cage.allocator().free_pages(address, size) }.is_err() {
            self.unreturned += size;
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
        let error = |reason| OutOfMemory { requested: object_size.max(1), space, reason };
        let memory = |e| error(OutOfMemoryReason::Memory(std::sync::Arc::new(e)));
        let Some(code_range) = &mut self.code_range else { return Err(error(OutOfMemoryReason::NoCodeRange)) };
        let maximum = code_range.max_object_size();
        if object_size > maximum {
            return Err(error(OutOfMemoryReason::TooLarge { maximum }));
        }
        let size = code_range.chunk_size_for(object_size);
        if self.committed + size > self.max_heap_size {
            let (limit, used) = (self.max_heap_size, self.committed);
            return Err(error(OutOfMemoryReason::HeapLimit { limit, used }));
        }
        let chunk = code_range.allocate_chunk(space, size).map_err(memory)?;
        self.committed += size;
        self.peak_committed = self.peak_committed.max(self.committed);
        if !self.observers.is_null() {
            chunk.set_observers(self.observers);
        }
        Ok(chunk)
    }
}
