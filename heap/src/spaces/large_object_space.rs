//! Old objects that do not share a chunk: each has its own, as long as it needs, and never moves. LARGE_OBJECT, and
//! CODE_LARGE_OBJECT for code. Those of the young generation: `new_large_object_space`.

use super::{SpaceId, SpaceStatistics};
use crate::error::OutOfMemory;
use crate::memory::{ChunkFlags, MemoryAllocator, MemoryChunk};

/// V8: `LargeObjectSpace` (`OldLargeObjectSpace`, `CodeLargeObjectSpace`).
#[derive(Debug)]
pub(crate) struct LargeObjectSpace {
    id: SpaceId,
    chunks: Vec<&'static MemoryChunk>,
    /// Bytes of their objects.
    used: usize,
}

impl LargeObjectSpace {
    pub(crate) fn new(id: SpaceId) -> LargeObjectSpace {
        LargeObjectSpace { id, chunks: Vec::new(), used: 0 }
    }

    /// Each chunk holds one object, at `area_start`.
    pub(crate) fn chunks(&self) -> &[&'static MemoryChunk] {
        &self.chunks
    }

    /// Memory for an object of `size` bytes.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub(crate) fn allocate(&mut self, size: usize, allocator: &mut MemoryAllocator) -> Result<usize, OutOfMemory> {
        let chunk = if self.id == SpaceId::CodeLargeObject {
            allocator.allocate_code_chunk(self.id, size)?
        } else {
            allocator.allocate_chunk(self.id, size, FLAGS)?
        };
        chunk.set_top(chunk.area_start() + size);
        self.add(chunk);
        Ok(chunk.area_start())
    }

    /// Takes over the chunk of a young large object that was promoted.
    pub(super) fn adopt(&mut self, chunk: &'static MemoryChunk) {
        debug_assert!(chunk.space() == self.id);
        self.add(chunk);
    }

    fn add(&mut self, chunk: &'static MemoryChunk) {
        self.used += chunk.top() - chunk.area_start();
        self.chunks.push(chunk);
    }

    /// Bytes of objects. Asks no chunk: allocation does, all the time.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// Gives back the chunk that was made last, whose object was not.
    ///
    /// # Safety
    ///
    /// Nothing refers to it.
    pub(crate) unsafe fn take_back(&mut self, allocator: &mut MemoryAllocator) {
        if let Some(chunk) = self.chunks.pop() {
            self.used -= chunk.top() - chunk.area_start();
            // SAFETY: the caller's contract.
            unsafe { allocator.free_chunk(chunk) };
        }
    }

    /// Gives back the chunks whose object is not marked and unmarks the rest. Returns the bytes that live.
    ///
    /// # Safety
    ///
    /// Marking is complete: nothing refers to an unmarked object of this space.
    pub(crate) unsafe fn sweep(&mut self, allocator: &mut MemoryAllocator) -> usize {
        let mut live = 0;
        self.chunks.retain(|chunk| {
            let alive = chunk.is_marked(chunk.area_start());
            if alive {
                chunk.clear_marks();
                chunk.set_live_bytes(chunk.top() - chunk.area_start());
                live += chunk.live_bytes();
            } else {
                // SAFETY: the object is not marked, so nothing refers to it.
                unsafe { allocator.free_chunk(chunk) };
            }
            alive
        });
        self.used = live;
        live
    }

    pub(crate) fn statistics(&self) -> SpaceStatistics {
        statistics(&self.chunks)
    }
}

/// Of chunks that hold one object each.
pub(super) fn statistics(chunks: &[&'static MemoryChunk]) -> SpaceStatistics {
    SpaceStatistics {
        committed: chunks.iter().map(|c| c.size()).sum(),
        used: chunks.iter().map(|c| c.top() - c.area_start()).sum(),
        available: 0,
        wasted: chunks.iter().map(|c| c.area_end() - c.top()).sum(),
        chunks: chunks.len(),
    }
}

/// Of a chunk of LARGE_OBJECT space.
pub(super) const FLAGS: ChunkFlags = ChunkFlags::LARGE.union(ChunkFlags::POINTERS_FROM_HERE_ARE_INTERESTING);
