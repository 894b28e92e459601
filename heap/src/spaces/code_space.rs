//! CODE: regular chunks of code objects, which never move.
//!
//! There is no linear allocation area: each object takes the block that fits it best, so that the pages are opened once for
//! each. What is free is listed here and not in the blocks themselves, so that no chunk is opened but the one that is
//! written to. Large code objects are in CODE_LARGE_OBJECT, a [`LargeObjectSpace`](super::LargeObjectSpace).

use super::filler::FillerMaps;
use super::{FreeSpace, SpaceId, SpaceStatistics};
use crate::error::OutOfMemory;
use crate::memory::{ChunkFlags, MemoryAllocator, MemoryChunk, MemoryError};
use std::collections::BTreeSet;

/// Alignment of code objects and of the instructions in them, in bytes. V8: `kCodeAlignment`.
pub const CODE_ALIGNMENT: usize = 16;

/// What free code memory holds: x86-64's breakpoint, so that a stray jump traps.
pub(crate) const TRAP: u8 = 0xcc;

/// V8: `CodeSpace`.
#[derive(Debug, Default)]
pub(crate) struct CodeSpace {
    chunks: Vec<&'static MemoryChunk>,
    /// Size and address of each block that may be used. Each is one filler, a multiple of [`CODE_ALIGNMENT`].
    blocks: BTreeSet<(usize, usize)>,
    /// Bytes of the blocks.
    available: usize,
    /// Bytes of the areas of all chunks.
    area: usize,
}

impl CodeSpace {
    pub(crate) fn chunks(&self) -> &[&'static MemoryChunk] {
        &self.chunks
    }

    /// Takes the smallest block of at least `size` bytes off the list. It stays a filler of its full size until something
    /// is written there.
    pub(crate) fn take(&mut self, size: usize) -> Option<usize> {
        let block = *self.blocks.range((size, 0)..).next()?;
        self.blocks.remove(&block);
        self.available -= block.0;
        Some(block.1)
    }

    /// Lists a block.
    pub(crate) fn free(&mut self, address: usize, size: usize) {
        debug_assert!(size > 0 && size.is_multiple_of(CODE_ALIGNMENT) && address.is_multiple_of(CODE_ALIGNMENT));
        if self.blocks.insert((size, address)) {
            self.available += size;
        }
    }

    /// Adds a chunk, open for writing, that is one block.
    ///
    /// # Errors
    ///
    /// If there is no memory for one.
    #[cold]
    pub(crate) fn expand(&mut self, allocator: &mut MemoryAllocator, fillers: FillerMaps) -> Result<(), OutOfMemory> {
        let chunk = allocator.allocate_code_chunk(SpaceId::Code, 0)?;
        let (start, size) = (chunk.area_start(), chunk.area_end() - chunk.area_start());
        // SAFETY: the area of a new chunk, open.
        unsafe { fill(fillers, start, size) };
        chunk.set_top(chunk.area_end());
        self.chunks.push(chunk);
        self.area += size;
        self.free(start, size);
        Ok(())
    }

    /// Frees what is not marked and unmarks the rest; chunks without a marked object are given back. Returns the bytes that
    /// live.
    ///
    /// A chunk that the system does not open keeps its dead objects until the next time: they refer to nothing but a map,
    /// and nothing refers to them.
    ///
    /// # Safety
    ///
    /// Marking is complete: nothing refers to an unmarked object of this space.
    pub(crate) unsafe fn sweep(&mut self, allocator: &mut MemoryAllocator, fillers: FillerMaps) -> usize {
        self.blocks.clear();
        self.available = 0;
        let mut live = 0;
        for chunk in core::mem::take(&mut self.chunks) {
            if chunk.next_marked(chunk.area_start()).is_none() {
                self.area -= chunk.area_end() - chunk.area_start();
                // SAFETY: no object of the chunk is marked, so nothing refers to it.
                unsafe { allocator.free_chunk(chunk) };
                continue;
            }
            self.chunks.push(chunk);
            // SAFETY: the caller's contract.
            live += unsafe { self.sweep_chunk(chunk, allocator, fillers) };
        }
        live
    }

    /// # Safety
    ///
    /// As for [`sweep`](Self::sweep).
    unsafe fn sweep_chunk(
        &mut self,
        chunk: &'static MemoryChunk,
        allocator: &mut MemoryAllocator,
        fillers: FillerMaps,
    ) -> usize {
        // SAFETY: a marked address is that of an object, and where a gap begins there is an object or a filler.
        let size_at = |address| unsafe { crate::gc::size_of_object(address) };
        let (mut gaps, mut live, mut at) = (Vec::new(), 0, chunk.area_start());
        while let Some(object) = chunk.next_marked(at) {
            gaps.push((at, object - at));
            live += size_at(object);
            at = object + size_at(object);
        }
        gaps.push((at, chunk.area_end() - at));
        gaps.retain(|(_, size)| *size > 0);
        chunk.clear_marks();
        chunk.set_live_bytes(live);
        let (whole, broken): (Vec<_>, Vec<_>) = gaps.into_iter().partition(|(address, size)| {
            // SAFETY: as above.
            size_at(*address) == *size && fillers.is_filler(unsafe { map_word(*address) })
        });
        whole.into_iter().for_each(|(address, size)| self.free(address, size));
        if !broken.is_empty() && open(allocator, chunk).is_ok() {
            for (address, size) in broken {
                // SAFETY: no marked object lies in the gap, so nothing refers to it; the chunk is open.
                unsafe { fill(fillers, address, size) };
                self.free(address, size);
            }
            // If the system refuses, the chunk stays flagged as open, and is closed before code is next made.
            let _ = close(allocator, chunk);
        }
        live
    }

    /// Calls `visit` with the address and the size of each block that may be allocated from.
    pub(crate) fn for_each_available(&self, mut visit: impl FnMut(usize, usize)) {
        self.blocks.iter().for_each(|(size, address)| visit(*address, *size));
    }

    /// Bytes of objects. Asks no chunk: allocation does, all the time.
    pub(crate) fn used(&self) -> usize {
        self.area - self.available
    }

    pub(crate) fn statistics(&self) -> SpaceStatistics {
        SpaceStatistics {
            committed: self.chunks.iter().map(|chunk| chunk.size()).sum(),
            used: self.used(),
            available: self.available,
            wasted: 0,
            chunks: self.chunks.len(),
        }
    }
}

/// # Safety
///
/// An object or a filler begins at `address`.
unsafe fn map_word(address: usize) -> crate::tagged::Word {
    // SAFETY: the caller's contract.
    unsafe { crate::tagged::TaggedCell::at(address) }.load(core::sync::atomic::Ordering::Relaxed)
}

/// Makes `size` free bytes of code memory walkable, and traps of what is not needed for that.
///
/// # Safety
///
/// As for [`FillerMaps::fill`], in a chunk that is open for writing; a multiple of [`CODE_ALIGNMENT`].
pub(crate) unsafe fn fill(fillers: FillerMaps, address: usize, size: usize) {
    if size == 0 {
        return;
    }
    // SAFETY: the caller's contract. A block has room for the header.
    unsafe {
        fillers.fill(address, size);
        let body = core::ptr::with_exposed_provenance_mut::<u8>(address + FreeSpace::HEADER_SIZE);
        body.write_bytes(TRAP, size - FreeSpace::HEADER_SIZE);
    }
}

/// Opens a chunk of code for writing. V8: what constructing a `CodePageMemoryModificationScope` does.
///
/// # Errors
///
/// If the system refuses.
pub(crate) fn open(allocator: &mut MemoryAllocator, chunk: &MemoryChunk) -> Result<(), MemoryError> {
    allocator.code_range_mut().map_or(Ok(()), |range| range.open(chunk))
}

/// Makes a chunk of code executable again.
///
/// # Errors
///
/// If the system refuses; the chunk stays flagged as open.
pub(crate) fn close(allocator: &mut MemoryAllocator, chunk: &MemoryChunk) -> Result<(), MemoryError> {
    allocator.code_range_mut().map_or(Ok(()), |range| range.close(chunk))
}

/// Closes all of these chunks that are open: those that could not be closed before, or whose scope was forgotten.
///
/// # Errors
///
/// The first failure, after trying all.
pub(crate) fn close_all<'a>(
    allocator: &mut MemoryAllocator,
    chunks: impl Iterator<Item = &'a &'static MemoryChunk>,
) -> Result<(), MemoryError> {
    let mut result = Ok(());
    for chunk in chunks.filter(|chunk| chunk.has(ChunkFlags::OPEN_FOR_WRITING)) {
        result = result.and(close(allocator, chunk));
    }
    result
}
