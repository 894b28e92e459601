//! Spaces of regular chunks with a free list: OLD, MAP and, until it is sealed, READ_ONLY.

use super::compaction::Evicted;
use super::filler::FillerMaps;
use super::sweeper::{Sweeper, SweptChunk, sweep_chunk};
use super::{AllocationAlignment, FreeList, LinearAllocationArea, SpaceId, SpaceStatistics};
use crate::error::OutOfMemory;
use crate::memory::{AREA_SIZE, AddressRegion, CHUNK_SIZE, ChunkFlags, MemoryAllocator, MemoryChunk};

/// V8: `PagedSpace`.
#[derive(Debug)]
pub(crate) struct PagedSpace {
    pub(crate) id: SpaceId,
    pub(crate) lab: LinearAllocationArea,
    pub(super) chunks: Vec<&'static MemoryChunk>,
    pub(super) free_list: FreeList,
    /// Chunks that are to be evacuated: what is free there is not available.
    pub(super) evicted: Evicted,
    /// Those of the chunks that were not swept.
    sweeper: Sweeper,
    flags: ChunkFlags,
}

impl PagedSpace {
    pub(crate) fn new(id: SpaceId) -> PagedSpace {
        let flags = match id {
            SpaceId::ReadOnly => ChunkFlags::READ_ONLY,
            _ => ChunkFlags::POINTERS_FROM_HERE_ARE_INTERESTING,
        };
        let (lab, free_list) = (LinearAllocationArea::default(), FreeList::new());
        PagedSpace {
            id,
            lab,
            chunks: Vec::new(),
            free_list,
            evicted: Evicted::default(),
            sweeper: Sweeper::default(),
            flags,
        }
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
        loop {
            if let Some(block) = self.take_block(|list| list.allocate_quickly(size)) {
                return self.allocate_from(block, size, fillers);
            }
            let swept = self.sweeper.next()?;
            self.take_over(&swept);
        }
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
                self.finish_sweeping();
                let block = self.take_block(|list| list.allocate(size));
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

    /// Forgets what was free, and gives back the chunks in which nothing lives. Returns the bytes that live.
    ///
    /// # Safety
    ///
    /// Marking is complete: nothing refers to an unmarked object of this space, and of the others all words are marked.
    unsafe fn give_back_empty(&mut self, allocator: &mut MemoryAllocator) -> usize {
        self.lab.reset(0, 0);
        self.free_list.reset();
        self.evicted = Evicted::default();
        let mut all = 0;
        self.chunks.retain(|chunk| {
            let bytes = chunk.marked_bytes();
            chunk.set_live_bytes(bytes);
            all += bytes;
            if bytes == 0 {
                // SAFETY: no object of the chunk is marked, so nothing refers to it.
                unsafe { allocator.free_chunk(chunk) };
            }
            bytes > 0
        });
        all
    }

    /// Frees what is not marked and unmarks the rest; chunks without a marked object are given back. Returns the
    /// bytes that live.
    ///
    /// # Safety
    ///
    /// As for [`give_back_empty`](Self::give_back_empty).
    pub(crate) unsafe fn sweep(&mut self, allocator: &mut MemoryAllocator, fillers: FillerMaps) -> usize {
        // SAFETY: the caller's contract.
        let live = unsafe { self.give_back_empty(allocator) };
        for chunk in self.chunks.clone() {
            // SAFETY: the caller's contract.
            let gaps = unsafe { sweep_chunk(chunk, fillers) };
            chunk.clear_marks();
            let swept = SweptChunk { chunk, gaps };
            swept.forget_slots();
            self.take_over(&swept);
        }
        live
    }

    /// The same, but that chunks are swept when memory is wanted, or by other threads.
    ///
    /// # Safety
    ///
    /// As for [`give_back_empty`](Self::give_back_empty). Maps of dead objects may go before they are swept: they are not read.
    pub(crate) unsafe fn begin_sweeping(&mut self, allocator: &mut MemoryAllocator, fillers: FillerMaps) -> usize {
        // SAFETY: the caller's contract.
        let live = unsafe { self.give_back_empty(allocator) };
        self.sweeper.begin(self.chunks.clone(), fillers);
        live
    }

    /// Takes over chunks of the young generation, whose objects lie one after the other up to `top`.
    pub(crate) fn adopt(&mut self, chunks: &[&'static MemoryChunk], fillers: FillerMaps) {
        for chunk in chunks {
            let (top, end) = (chunk.top(), chunk.area_end());
            self.add_chunk(chunk);
            if top < end {
                // SAFETY: nothing was made there.
                unsafe { self.free_range(top, end - top, fillers) };
            }
        }
    }

    /// The same, with their live bytes set, to be swept later.
    ///
    /// # Safety
    ///
    /// Nothing refers to an unmarked object of these chunks.
    pub(crate) unsafe fn adopt_unswept(&mut self, chunks: &[&'static MemoryChunk], fillers: FillerMaps) {
        chunks.iter().for_each(|chunk| self.add_chunk(chunk));
        self.sweeper.add(chunks, fillers);
    }

    /// The same, to be swept now and to stay marked.
    ///
    /// # Safety
    ///
    /// As for [`adopt_unswept`](Self::adopt_unswept).
    pub(crate) unsafe fn adopt_and_sweep(&mut self, chunks: &[&'static MemoryChunk], fillers: FillerMaps) {
        for chunk in chunks {
            self.add_chunk(chunk);
            // SAFETY: the caller's contract.
            let gaps = unsafe { sweep_chunk(chunk, fillers) };
            self.take_over(&SweptChunk { chunk, gaps });
        }
    }

    fn add_chunk(&mut self, chunk: &'static MemoryChunk) {
        chunk.set_space(self.id);
        chunk.set_flags(self.flags);
        chunk.set_age_mark(0);
        chunk.set_top(chunk.area_end());
        self.chunks.push(chunk);
    }

    /// Asks other threads to sweep what was not.
    pub(crate) fn sweep_elsewhere(&self, helpers: usize) {
        self.sweeper.call_helpers(helpers);
    }

    /// Sweeps a chunk, if there is one that was not, or takes over what others have swept.
    pub(crate) fn sweep_one(&mut self) {
        if let Some(swept) = self.sweeper.next_at_hand() {
            self.take_over(&swept);
        }
    }

    /// Sweeps what was not.
    pub(crate) fn finish_sweeping(&mut self) {
        for swept in self.sweeper.finish() {
            self.take_over(&swept);
        }
    }

    /// The same in the pause, if young objects have outlived it: dead old ones may be remembered to refer to them.
    pub(crate) fn finish_sweeping_of_remembered(&mut self) {
        for swept in self.sweeper.finish() {
            swept.forget_slots();
            self.take_over(&swept);
        }
    }

    /// Leaves it unswept: the chunks are to go.
    pub(crate) fn abandon_sweeping(&mut self) {
        self.sweeper.abandon();
    }

    /// What lies in the gaps of a swept chunk may be allocated from now on. Nothing in them is remembered: nothing is when
    /// the young generation is empty, and dead objects are not stored to. So remembered sets are left alone: in a
    /// scavenge, other threads may be at them.
    fn take_over(&mut self, swept: &SweptChunk) {
        for &(start, size) in &swept.gaps {
            // SAFETY: a filler of this space, which nothing refers to.
            unsafe { self.free_list.free(start, size) };
        }
    }

    /// The end of the linear allocation area, if it begins at `address`: no object lies there yet.
    pub(crate) fn unused_area_at(&self, address: usize) -> Option<usize> {
        (address == self.lab.top() && self.lab.available() > 0).then(|| self.lab.limit())
    }

    /// Calls `visit` with the address and the size of each block that may be allocated from, or may be when it is swept.
    pub(crate) fn for_each_available(&self, mut visit: impl FnMut(usize, usize)) {
        self.free_list.for_each(|block, size| {
            if !self.evicted.contains(block) {
                visit(block, size);
            }
        });
        for chunk in self.chunks.iter().filter(|chunk| chunk.has(ChunkFlags::UNSWEPT)) {
            let mut at = chunk.area_start();
            while let Some(live) = chunk.next_marked(at) {
                visit(at, live - at);
                at = chunk.next_unmarked(live).unwrap_or(chunk.area_end());
            }
            visit(at, chunk.area_end() - at);
        }
        if self.lab.available() > 0 {
            visit(self.lab.top(), self.lab.available());
        }
    }

    pub(crate) fn statistics(&self) -> SpaceStatistics {
        let available =
            self.free_list.available() - self.evicted.listed() + self.sweeper.available() + self.lab.available();
        let wasted = self.free_list.wasted() + self.evicted.bytes();
        SpaceStatistics {
            committed: self.chunks.len() * CHUNK_SIZE,
            used: self.chunks.len() * AREA_SIZE - available - wasted,
            available,
            wasted,
            chunks: self.chunks.len(),
        }
    }
}
