//! What a paged space does for the evacuation of some of its chunks: says how much of each is free, lets nothing be allocated
//! in those that were chosen, and gives them back when they are empty.

use super::filler::zap;
use super::{FreeList, PagedSpace};
use crate::memory::{BytesByChunk, CHUNK_SIZE, ChunkSet, MemoryAllocator, MemoryChunk};

/// Chunks of which nothing is available. Their blocks stay on the free list until they are met there: finding them all, in
/// a large heap, would be a walk through memory that nobody has touched for long.
#[derive(Debug, Default)]
pub(super) struct Evicted {
    chunks: Option<Box<ChunkSet>>,
    /// Bytes of their blocks.
    bytes: usize,
    /// Those that are on the free list still.
    listed: usize,
}

impl Evicted {
    /// Whether a block is in one of them.
    #[inline]
    pub(super) fn contains(&self, block: usize) -> bool {
        self.chunks.as_ref().is_some_and(|chunks| chunks.contains(block))
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn listed(&self) -> usize {
        self.listed
    }
}

impl PagedSpace {
    /// What `take` gets from the free list, but for blocks of chunks that are to be evacuated.
    #[inline]
    pub(super) fn take_block(
        &mut self,
        mut take: impl FnMut(&mut FreeList) -> Option<(usize, usize)>,
    ) -> Option<(usize, usize)> {
        loop {
            let (block, size) = take(&mut self.free_list)?;
            if !self.evicted.contains(block) {
                return Some((block, size));
            }
            self.evicted.listed -= size;
        }
    }

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
    pub(crate) fn evict(&mut self, chunks: &[&'static MemoryChunk]) {
        debug_assert!(self.evicted.chunks.is_none());
        debug_assert!(self.current_chunk().is_none_or(|current| chunks.iter().all(|chunk| chunk.address() != current)));
        let mut set = Box::new(ChunkSet::EMPTY);
        chunks.iter().for_each(|chunk| set.insert(chunk.address()));
        let bytes = chunks.iter().map(|chunk| self.free_by_chunk().of(chunk.address())).sum();
        self.evicted = Evicted { chunks: Some(set), bytes, listed: bytes };
    }

    /// Ends that for all chunks: these are their free blocks.
    ///
    /// # Safety
    ///
    /// They are all fillers in chunks that were evicted, and nothing refers to them.
    pub(crate) unsafe fn readmit(&mut self, blocks: &[(usize, usize)]) {
        let Evicted { chunks, listed, .. } = core::mem::take(&mut self.evicted);
        if let Some(chunks) = chunks
            && listed > 0
        {
            self.free_list.evict_if(|block| chunks.contains(block));
        }
        for (address, size) in blocks.iter().filter(|(_, size)| *size >= super::free_list::MIN_BLOCK_SIZE) {
            // SAFETY: the caller's contract; none is on a list any more.
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
