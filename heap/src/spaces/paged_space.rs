//! Spaces of regular chunks with a free list: OLD, MAP and, until it is sealed, READ_ONLY.

use super::filler::FillerMaps;
use super::{AllocationAlignment, FreeList, LinearAllocationArea, SpaceId, SpaceStatistics};
use crate::error::OutOfMemory;
use crate::memory::{AREA_SIZE, AddressRegion, CHUNK_SIZE, ChunkFlags, MemoryAllocator, MemoryChunk};

/// V8: `PagedSpace`.
#[derive(Debug)]
pub(crate) struct PagedSpace {
    pub(crate) id: SpaceId,
    pub(crate) lab: LinearAllocationArea,
    chunks: Vec<&'static MemoryChunk>,
    free_list: FreeList,
    flags: ChunkFlags,
}

impl PagedSpace {
    pub(crate) fn new(id: SpaceId) -> PagedSpace {
        let flags = match id {
            SpaceId::ReadOnly => ChunkFlags::READ_ONLY,
            _ => ChunkFlags::POINTERS_FROM_HERE_ARE_INTERESTING,
        };
        PagedSpace { id, lab: LinearAllocationArea::default(), chunks: Vec::new(), free_list: FreeList::new(), flags }
    }

    pub(crate) fn chunks(&self) -> &[&'static MemoryChunk] {
        &self.chunks
    }

    /// Memory for an object of `size` bytes, from the linear allocation area alone: the fast path.
    #[inline(always)]
    pub(crate) fn allocate_linearly(&self, size: usize) -> Option<usize> {
        self.lab.allocate(size)
    }

    /// Memory for an object of `size` bytes, from the linear allocation area or the free list.
    #[inline]
    pub(crate) fn allocate(&mut self, size: usize, fillers: FillerMaps) -> Option<usize> {
        self.lab.allocate(size).or_else(|| self.allocate_from_free_list(size, fillers))
    }

    #[cold]
    fn allocate_from_free_list(&mut self, size: usize, fillers: FillerMaps) -> Option<usize> {
        let block = self.free_list.allocate_quickly(size)?;
        self.allocate_from(block, size, fillers)
    }

    /// Goes on in a block of the free list.
    fn allocate_from(&mut self, (address, block): (usize, usize), size: usize, fillers: FillerMaps) -> Option<usize> {
        self.retire_lab(fillers);
        self.lab.reset(address, address + block);
        self.lab.allocate(size)
    }

    /// Memory for a survivor of that alignment, a filler before it if need be; from a new chunk, should there be no other.
    pub(crate) fn allocate_aligned(
        &mut self,
        size: usize,
        alignment: AllocationAlignment,
        allocator: &mut MemoryAllocator,
        fillers: FillerMaps,
    ) -> Option<usize> {
        self.lab.allocate_aligned(size, alignment, fillers).or_else(|| {
            let asked = size + alignment.maximum_fill();
            self.allocate_from_free_list(asked, fillers)
                .or_else(|| self.expand_and_allocate(asked, allocator, fillers).ok())
                .map(|address| self.realign(address, size, alignment, fillers))
        })
    }

    /// Puts what was cut off last, at `address` and with a word more than it needs, where it is aligned.
    pub(crate) fn realign(
        &mut self,
        address: usize,
        size: usize,
        alignment: AllocationAlignment,
        fillers: FillerMaps,
    ) -> usize {
        debug_assert_eq!(self.lab.top(), address + size + alignment.maximum_fill());
        self.lab.give_back(address);
        self.lab.allocate_aligned(size, alignment, fillers).expect("a word more was asked for")
    }

    /// The same from a new chunk or, if there is none to be had, from any block of the free list.
    ///
    /// # Errors
    ///
    /// If there is no memory for either.
    #[cold]
    pub(crate) fn expand_and_allocate(
        &mut self,
        size: usize,
        allocator: &mut MemoryAllocator,
        fillers: FillerMaps,
    ) -> Result<usize, OutOfMemory> {
        let chunk = match allocator.allocate_chunk(self.id, 0, self.flags) {
            Ok(chunk) => chunk,
            Err(error) => {
                let block = self.free_list.allocate(size);
                let address = block.and_then(|block| self.allocate_from(block, size, fillers));
                return address.ok_or(OutOfMemory { requested: size, ..error });
            }
        };
        self.retire_lab(fillers);
        self.chunks.push(chunk);
        chunk.set_top(chunk.area_end());
        self.lab.reset(chunk.area_start(), chunk.area_end());
        Ok(self.lab.allocate(size).expect("a regular object fits an empty chunk"))
    }

    /// `least` bytes, and what follows them in one piece up to `wanted` bytes, for a thread to allocate from by itself.
    pub(crate) fn take_area(
        &mut self,
        least: usize,
        wanted: usize,
        allocator: &mut MemoryAllocator,
        fillers: FillerMaps,
    ) -> Option<AddressRegion> {
        let start =
            self.allocate(least, fillers).or_else(|| self.expand_and_allocate(least, allocator, fillers).ok())?;
        let more = wanted.saturating_sub(least).min(self.lab.available());
        self.lab.allocate(more).expect("no more than there is");
        Some(AddressRegion::new(start, least + more))
    }

    /// Takes back what is left of such an area.
    ///
    /// # Safety
    ///
    /// `rest` is a part of an area that was taken since the bytes were last counted. Nothing refers to it.
    pub(crate) unsafe fn give_back_area(&mut self, rest: AddressRegion, fillers: FillerMaps) {
        if rest.size() > 0 {
            self.lab.discount(rest.size());
            // SAFETY: the caller's contract: free bytes of this space.
            unsafe { self.free_range(rest.begin(), rest.size(), fillers) };
        }
    }

    /// Gives the rest of the linear allocation area to the free list, so that the space can be walked.
    pub(crate) fn retire_lab(&mut self, fillers: FillerMaps) {
        let (start, size) = (self.lab.top(), self.lab.available());
        self.lab.reset(0, 0);
        if size > 0 {
            // SAFETY: the area is free memory of this space that no object was cut from.
            unsafe { self.free_range(start, size, fillers) };
        }
    }

    /// # Safety
    ///
    /// The range is committed memory of this space, a multiple of a tagged word, and nothing refers to it.
    unsafe fn free_range(&mut self, start: usize, size: usize, fillers: FillerMaps) {
        // SAFETY: the caller's contract.
        unsafe {
            fillers.fill(start, size);
            self.free_list.free(start, size);
        }
    }

    /// Frees what is not marked and unmarks the rest; chunks without a marked object are given back. Returns the
    /// bytes that live.
    ///
    /// # Safety
    ///
    /// Marking is complete: nothing refers to an unmarked object of this space.
    pub(crate) unsafe fn sweep(&mut self, allocator: &mut MemoryAllocator, fillers: FillerMaps) -> usize {
        self.lab.reset(0, 0);
        self.free_list.reset();
        let mut live = 0;
        for chunk in core::mem::take(&mut self.chunks) {
            if chunk.next_marked(chunk.area_start()).is_none() {
                // SAFETY: no object of the chunk is marked, so nothing refers to it.
                unsafe { allocator.free_chunk(chunk) };
                continue;
            }
            self.chunks.push(chunk);
            // SAFETY: the caller's contract.
            live += unsafe { self.sweep_chunk(chunk, fillers) };
        }
        live
    }

    /// # Safety
    ///
    /// As for [`sweep`](Self::sweep).
    unsafe fn sweep_chunk(&mut self, chunk: &'static MemoryChunk, fillers: FillerMaps) -> usize {
        let mut gaps = Vec::new();
        let mut at = chunk.area_start();
        let mut live = 0;
        while let Some(object) = chunk.next_marked(at) {
            if object > at {
                gaps.push((at, object));
            }
            // SAFETY: a marked address is that of an object.
            let size = unsafe { crate::gc::size_of_object(object) };
            live += size;
            at = object + size;
        }
        if at < chunk.area_end() {
            gaps.push((at, chunk.area_end()));
        }
        chunk.clear_marks();
        chunk.set_live_bytes(live);
        for (start, end) in gaps {
            if let Some(slots) = chunk.old_to_new() {
                slots.remove_range(start - chunk.address(), end - chunk.address());
            }
            // SAFETY: no marked object lies in the gap, so nothing refers to it.
            unsafe { self.free_range(start, end - start, fillers) };
        }
        live
    }

    /// The end of the linear allocation area, if it begins at `address`: no object lies there yet.
    pub(crate) fn unused_area_at(&self, address: usize) -> Option<usize> {
        (address == self.lab.top() && self.lab.available() > 0).then(|| self.lab.limit())
    }

    /// Calls `visit` with the address and the size of each block that may be allocated from.
    pub(crate) fn for_each_available(&self, mut visit: impl FnMut(usize, usize)) {
        self.free_list.for_each(&mut visit);
        if self.lab.available() > 0 {
            visit(self.lab.top(), self.lab.available());
        }
    }

    pub(crate) fn statistics(&self) -> SpaceStatistics {
        let available = self.free_list.available() + self.lab.available();
        let wasted = self.free_list.wasted();
        SpaceStatistics {
            committed: self.chunks.len() * CHUNK_SIZE,
            used: self.chunks.len() * AREA_SIZE - available - wasted,
            available,
            wasted,
            chunks: self.chunks.len(),
        }
    }
}
