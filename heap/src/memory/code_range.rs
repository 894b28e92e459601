//! Owns [`CodeRange`]: the part of a cage that machine code lies in. Promises that no page of it is ever writable and
//! executable at once, and that around what is executable there is nothing but guard pages, which have no access.
//!
//! A chunk of code, from its first byte:
//!
//! | pages | access |
//! |---|---|
//! | header: flags, mark bits | read, write, always |
//! | guard | none |
//! | area: objects | read and execute, or while it is open read and write |
//! | guard | none |
//!
//! So the collector marks without opening anything. What is freed is listed outside of the chunk; only the fillers that
//! say how large it is are written into the area, which has to be open for it.
//!
//! V8 counterparts: `CodeRange`, `MemoryChunkLayout` for code pages; as the header is never executable,
//! `CodePageHeaderModificationScope` has none.

use std::sync::Arc;

use super::{
    AREA_OFFSET, AddressRegion, BoundedPageAllocator, CHUNK_SIZE, Cage, ChunkFlags, GB, MemoryChunk, MemoryError,
    Permission, SharedPageAllocator,
};
use crate::spaces::{MAX_REGULAR_OBJECT_SIZE, SpaceId};

/// The most bytes a code range may have: relative jumps of 32 bits reach from any place in it to any other.
pub const MAX_CODE_RANGE_SIZE: usize = 2 * GB;

/// The last part of a [`Cage`], with a page allocator of its own. It belongs to the range for as long as the cage lives.
///
/// ```
/// use heapwright::memory::{Cage, CodeRange, MB};
///
/// let mut cage = Cage::new()?;
/// let code = CodeRange::new(&mut cage, 128 * MB)?;
/// assert_eq!(code.region().end(), cage.region().end());
/// assert_eq!(code.pages().free_size(), 128 * MB);
/// assert_eq!(cage.pages().regions().check_region(code.region().begin()), 128 * MB);
/// # Ok::<(), heapwright::memory::MemoryError>(())
/// ```
#[derive(Debug)]
pub struct CodeRange {
    pages: BoundedPageAllocator<SharedPageAllocator>,
    /// Regions, address and size, that were never used, since they could be neither committed nor given back.
    unreturned: Vec<(usize, usize)>,
}

impl CodeRange {
    /// Takes the last `size` bytes of the cage, a multiple of [`CHUNK_SIZE`].
    ///
    /// # Errors
    ///
    /// [`MemoryError::RegionUnavailable`] when something lies there already, [`MemoryError::InvalidRequest`] for a size of
    /// zero, one above [`MAX_CODE_RANGE_SIZE`], or no multiple, and where the system's pages are so large that a chunk has no room
    /// for code between its guards.
    pub fn new(cage: &mut Cage, size: usize) -> Result<Self, MemoryError> {
        if size == 0 || size > MAX_CODE_RANGE_SIZE || !size.is_multiple_of(CHUNK_SIZE) {
            return Err(MemoryError::InvalidRequest { size, alignment: CHUNK_SIZE, page_size: CHUNK_SIZE });
        }
        let page_size = cage.pages().commit_page_size();
        if AREA_OFFSET.next_multiple_of(page_size) + 2 * page_size >= CHUNK_SIZE {
            // No room between the guards.
            return Err(MemoryError::InvalidRequest { size, alignment: CHUNK_SIZE, page_size });
        }
        let region = AddressRegion::new(cage.region().end() - size, size);
        cage.allocator().allocate_pages_at(region.begin(), size, Permission::NoAccess)?;
        // SAFETY: the cage's allocator has just handed the range out without access. Whatever was there before was
        // decommitted when it was given back. Nobody else touches it: the region is never returned.
        let pages = unsafe { BoundedPageAllocator::new(Arc::clone(cage.reservation()), region, CHUNK_SIZE) };
        Ok(Self { pages, unreturned: Vec::new() })
    }

    /// All addresses of the range.
    #[must_use]
    pub fn region(&self) -> AddressRegion {
        self.pages.range()
    }

    /// Does `address` lie in the range, used or not?
    #[must_use]
    pub fn contains(&self, address: usize) -> bool {
        self.pages.contains(address)
    }

    /// Who has which part of the range.
    #[must_use]
    pub fn pages(&self) -> &BoundedPageAllocator<SharedPageAllocator> {
        &self.pages
    }

    /// Bytes from a chunk's start to its first object.
    #[must_use]
    pub fn area_offset(&self) -> usize {
        self.header_size() + self.guard_size()
    }

    /// Bytes of each of a chunk's guards: one page of the operating system.
    #[must_use]
    pub fn guard_size(&self) -> usize {
        self.pages.commit_page_size()
    }

    /// The largest code object that shares a chunk with others, in bytes. V8: `MaxRegularCodeObjectSize`.
    #[must_use]
    pub fn max_regular_object_size(&self) -> usize {
        MAX_REGULAR_OBJECT_SIZE.min(CHUNK_SIZE - self.area_offset() - self.guard_size())
    }

    /// The largest code object that the whole range could hold, in bytes.
    #[must_use]
    pub fn max_object_size(&self) -> usize {
        self.region().size() - self.area_offset() - self.guard_size()
    }

    fn header_size(&self) -> usize {
        AREA_OFFSET.next_multiple_of(self.pages.commit_page_size())
    }

    /// Bytes of a chunk for one object of `object_size` bytes, no more than
    /// [`max_object_size`](Self::max_object_size), or, if that is 0, of a regular chunk.
    pub(super) fn chunk_size_for(&self, object_size: usize) -> usize {
        let area = object_size.next_multiple_of(self.pages.commit_page_size());
        (self.area_offset() + area + self.guard_size()).next_multiple_of(CHUNK_SIZE)
    }

    /// A chunk whose area is zero and open for writing.
    ///
    /// # Errors
    ///
    /// If the range is full, or the system does not commit the pages. Then nothing has changed.
    pub(super) fn allocate_chunk<'a>(&mut self, space: SpaceId, size: usize) -> Result<&'a MemoryChunk, MemoryError> {
        for (address, size) in core::mem::take(&mut self.unreturned) {
            self.give_back(address, size);
        }
        let address = self.pages.allocate_pages(size, CHUNK_SIZE, Permission::NoAccess)?;
        let area = AddressRegion::new(address + self.area_offset(), size - self.area_offset() - self.guard_size());
        // SAFETY: just handed out, and nobody has seen it.
        let committed = unsafe {
            self.pages
                .set_permissions(address, self.header_size(), Permission::ReadWrite)
                .and_then(|()| self.pages.set_permissions(area.begin(), area.size(), Permission::ReadWrite))
        };
        if let Err(error) = committed {
            self.give_back(address, size);
            return Err(error);
        }
        let mut flags = ChunkFlags::EXECUTABLE | ChunkFlags::OPEN_FOR_WRITING;
        flags.set(ChunkFlags::LARGE, space == SpaceId::CodeLargeObject);
        // SAFETY: `size` bytes of the range, header and area committed; they read zero.
        Ok(unsafe { MemoryChunk::initialize(address, size, area, space, flags) })
    }

    /// Gives back a region that was never used. If the system refuses, it is asked again before the next is taken.
    fn give_back(&mut self, address: usize, size: usize) {
        // SAFETY: a region that could not be committed, so nobody ever saw it.
        if unsafe { self.pages.free_pages(address, size) }.is_err() {
            self.unreturned.push((address, size));
        }
    }

    /// Makes the area of a chunk writable, and no longer executable.
    ///
    /// # Errors
    ///
    /// If the system refuses. Then the area is what it was, or at least not writable and executable at once.
    pub(crate) fn open(&mut self, chunk: &MemoryChunk) -> Result<(), MemoryError> {
        chunk.set_flag(ChunkFlags::OPEN_FOR_WRITING, true);
        let opened = self.protect(chunk, Permission::ReadWrite);
        if opened.is_err() {
            // A part of the area may be open. Should it stay so, the flag stays.
            let _ = self.close(chunk);
        }
        opened
    }

    /// Makes the area of a chunk executable, and no longer writable.
    ///
    /// # Errors
    ///
    /// If the system refuses. Then the chunk stays flagged as open, and calling what is in it faults.
    pub(crate) fn close(&mut self, chunk: &MemoryChunk) -> Result<(), MemoryError> {
        self.protect(chunk, Permission::ReadExecute)?;
        chunk.set_flag(ChunkFlags::OPEN_FOR_WRITING, false);
        Ok(())
    }

    fn protect(&mut self, chunk: &MemoryChunk, permission: Permission) -> Result<(), MemoryError> {
        let (start, end) = (chunk.area_start(), chunk.area_end());
        // SAFETY: the area of a chunk of this range: objects there are read through references, which both permissions
        // allow. Who executes them promised that nobody opens their chunk meanwhile, and who writes to them opens it.
        unsafe { self.pages.set_permissions(start, end - start, permission) }
    }

    /// The allocator of the range, for chunks that are given back.
    pub(super) fn allocator(&mut self) -> &mut BoundedPageAllocator<SharedPageAllocator> {
        &mut self.pages
    }
}
