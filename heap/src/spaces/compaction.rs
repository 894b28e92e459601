//! What a paged space does for the evacuation of some of its chunks: says how much of each is free, lets nothing be allocated
//! in those that were chosen, and gives them back when they are empty.

use super::PagedSpace;
use super::filler::zap;
use crate::memory::{BytesByChunk, CHUNK_SIZE, ChunkSet, MemoryAllocator, MemoryChunk};

impl PagedSpace {
    /// Bytes of the free list's blocks, by chunk.
    pub(crate) fn free_by_chunk(&self) -> &BytesByChunk {
        self.free_list.by_chunk()
    }

    /// The chunk that objects are being cut from.
    pub(crate) fn current_chunk(&self) -> Option<usize> {
        (self.lab.available() > 0).then(|| self.lab.top() & !(CHUNK_SIZE - 1))
    }

    /// Lets nothing be allocated in these chunks until they are swept or [readmitted](Self::readmit). The linear allocation
    /// area is in another.
    pub(crate) fn evict(&mut self, chunks: &ChunkSet) {
        debug_assert!(self.current_chunk().is_none_or(|chunk| !chunks.contains(chunk)));
        self.evicted += self.free_list.evict_if(|block| chunks.contains(block));
    }

    /// Ends that for all chunks: these are their free blocks.
    ///
    /// # Safety
    ///
    /// Each is a filler in a chunk that was evicted, which nothing refers to.
    pub(crate) unsafe fn readmit(&mut self, blocks: &[(usize, usize)]) {
        self.evicted = 0;
        for (address, size) in blocks.iter().filter(|(_, size)| *size >= super::free_list::MIN_BLOCK_SIZE) {
            // SAFETY: the caller's contract; evicted blocks are on no list.
            unsafe { self.free_list.free(*address, *size) };
        }
    }

    /// Gives back chunks that all objects have left.
    ///
    /// # Safety
    ///
    /// Nothing refers to these chunks, and they have been evicted.
    pub(crate) unsafe fn release(&mut self, released: &[&'static MemoryChunk], allocator: &mut MemoryAllocator) {
        let mut set = ChunkSet::EMPTY;
        released.iter().for_each(|chunk| set.insert(chunk.address()));
        self.chunks.retain(|chunk| !set.contains(chunk.address()));
        for chunk in released {
            debug_assert!(chunk.next_marked(chunk.area_start()).is_none());
            if cfg!(debug_assertions) {
                // SAFETY: the caller's contract: whoever comes back here is to find nothing that looks like an object.
                unsafe { zap(chunk.area_start(), chunk.area_end() - chunk.area_start()) };
            }
            // SAFETY: the caller's contract.
            unsafe { allocator.free_chunk(chunk) };
        }
    }
}
