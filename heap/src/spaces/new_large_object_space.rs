//! Young objects that do not share a chunk. They are never copied: a scavenge makes what it finds alive old where it is,
//! by giving the chunk to LARGE_OBJECT space, and frees the rest. So a large buffer that is soon dropped is gone with the
//! next scavenge, and need not wait for a full collection.
//!
//! They have a budget of as many bytes as one semi-space: large objects, which do not fill it, lead to scavenges as
//! often as small ones that do.

use super::{LargeObjectSpace, SpaceId, SpaceStatistics, large_object_space};
use crate::heap::Full;
use crate::memory::{ChunkFlags, MemoryAllocator, MemoryChunk};

/// V8: `NewLargeObjectSpace`.
#[derive(Debug, Default)]
pub(crate) struct NewLargeObjectSpace {
    chunks: Vec<&'static MemoryChunk>,
    /// Bytes of their objects.
    used: usize,
}

impl NewLargeObjectSpace {
    /// Each chunk holds one object, at `area_start`.
    pub(crate) fn chunks(&self) -> &[&'static MemoryChunk] {
        &self.chunks
    }

    /// Memory for an object of `size` bytes. The first one is had whatever the `budget`, or none of that size could be.
    ///
    /// # Errors
    ///
    /// If there is none, or all young large objects together would exceed `budget` bytes.
    pub(crate) fn allocate(
        &mut self,
        size: usize,
        budget: usize,
        allocator: &mut MemoryAllocator,
    ) -> Result<usize, Full> {
        if self.used > 0 && size > budget.saturating_sub(self.used) {
            return Err(Full::Semispace);
        }
        let chunk = allocator.allocate_chunk(SpaceId::NewLargeObject, size, TO_FLAGS).map_err(|error| {
            let full = Full::Memory(error);
            // A scavenge may free what is here, and costs less than a full collection.
            if self.used > 0 && !full.is_hopeless() { Full::Semispace } else { full }
        })?;
        chunk.set_top(chunk.area_start() + size);
        self.chunks.push(chunk);
        self.used += size;
        Ok(chunk.area_start())
    }

    /// Before a scavenge: everything here is to be evacuated, which for these objects means promoted.
    pub(crate) fn flip(&self) {
        for chunk in &self.chunks {
            chunk.set_flags(FROM_FLAGS);
        }
    }

    /// Makes the object of a chunk of this space old; [`sweep`](Self::sweep) hands the chunk over.
    pub(crate) fn promote(chunk: &MemoryChunk) {
        chunk.set_space(SpaceId::LargeObject);
        chunk.set_flags(large_object_space::FLAGS);
    }

    /// After a scavenge: gives the chunks that were promoted to `old`, and frees the others. None is left.
    ///
    /// # Safety
    ///
    /// Nothing refers to an object here that was not promoted.
    pub(crate) unsafe fn sweep(&mut self, old: &mut LargeObjectSpace, allocator: &mut MemoryAllocator) {
        self.used = 0;
        for chunk in self.chunks.drain(..) {
            if chunk.space() == SpaceId::LargeObject {
                old.adopt(chunk);
            } else {
                // SAFETY: the caller's contract.
                unsafe { allocator.free_chunk(chunk) };
            }
        }
    }

    /// Bytes of objects.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    pub(crate) fn statistics(&self) -> SpaceStatistics {
        large_object_space::statistics(&self.chunks)
    }
}

const TO_FLAGS: ChunkFlags =
    ChunkFlags::LARGE.union(ChunkFlags::IN_TO_SPACE).union(ChunkFlags::POINTERS_TO_HERE_ARE_INTERESTING);
const FROM_FLAGS: ChunkFlags =
    ChunkFlags::LARGE.union(ChunkFlags::IN_FROM_SPACE).union(ChunkFlags::POINTERS_TO_HERE_ARE_INTERESTING);
