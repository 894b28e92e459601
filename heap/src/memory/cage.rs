//! Owns [`Cage`]: the one reservation of an isolate, in which every object of its heap lies.
//! Promises that the cage's addresses differ in their lower 32 bits only, so that these alone can
//! stand for a pointer, and that no compressed word below [`CHUNK_SIZE`] is an object's address: the
//! first chunk is never handed out. An isolate may keep its own data there
//! ([`IsolateAllocation::InCage`](crate::IsolateAllocation::InCage)), behind [`ISOLATE_DATA_OFFSET`] bytes
//! without access.
//!
//! V8 counterpart: `VirtualMemoryCage`, as the pointer compression cage of an isolate.

use std::sync::Arc;

use super::{
    AddressRegion, BoundedPageAllocator, CAGE_SIZE, CHUNK_SIZE, KB, MemoryError, Permission, SharedPageAllocator,
    VirtualMemory,
};

/// Bytes from a cage's start to the data of an isolate that lies in it. They have no access (where the system's pages are no
/// larger), so that following a Smi zero or a cleared weak word by mistake faults as it does in other isolates.
pub const ISOLATE_DATA_OFFSET: usize = 64 * KB;

/// The most bytes that an isolate's data in a cage may have: the rest of the first chunk.
pub const MAX_ISOLATE_DATA_SIZE: usize = CHUNK_SIZE - ISOLATE_DATA_OFFSET;

/// 4 GiB of address space at a multiple of 4 GiB, reserved without access, and the allocator for
/// its pages. Given back as a whole when it is dropped (and its allocator, should that have been
/// swapped out of it).
///
/// The provenance of the whole range was exposed when it was mapped.
///
/// Each isolate makes its own. One that is made here is for a [`MemoryAllocator`](super::MemoryAllocator), or for pages that 32
/// bits can refer to:
///
/// ```
/// use heapwright::memory::{CAGE_SIZE, CHUNK_SIZE, Cage, Permission};
///
/// let mut cage = Cage::new()?;
/// assert_eq!(cage.base() % CAGE_SIZE, 0);
/// let address = cage.allocator().allocate_pages(CHUNK_SIZE, CHUNK_SIZE, Permission::ReadWrite)?;
/// let compressed = address as u32; // never 0: the first chunk is nobody's
/// assert_eq!(cage.base() + compressed as usize, address);
/// # Ok::<(), heapwright::memory::MemoryError>(())
/// ```
#[derive(Debug)]
pub struct Cage {
    allocator: BoundedPageAllocator<SharedPageAllocator>,
    reservation: Arc<VirtualMemory<SharedPageAllocator>>,
}

impl Cage {
    /// Reserves a cage.
    ///
    /// # Errors
    ///
    /// [`MemoryError::Map`] when the address space has no room for twice the cage, from which an
    /// aligned one is cut.
    pub fn new() -> Result<Self, MemoryError> {
        Self::new_in(SharedPageAllocator::default())
    }

    /// As [`new`](Self::new), with pages of the caller's choice.
    ///
    /// # Errors
    ///
    /// Those of [`PageAllocator::allocate_pages`](super::PageAllocator::allocate_pages).
    ///
    /// # Panics
    ///
    /// If the allocator's commit pages are larger than a chunk.
    pub fn new_in(pages: SharedPageAllocator) -> Result<Self, MemoryError> {
        let reservation = Arc::new(VirtualMemory::reserve_from(pages, CAGE_SIZE, CAGE_SIZE, None)?);
        let range = AddressRegion::new(reservation.address() + CHUNK_SIZE, reservation.size() - CHUNK_SIZE);
        // SAFETY: the range is part of a fresh reservation; the cage never changes its pages other
        // than through this allocator.
        let allocator = unsafe { BoundedPageAllocator::new(Arc::clone(&reservation), range, CHUNK_SIZE) };
        Ok(Self { allocator, reservation })
    }

    /// The first address, a multiple of [`CAGE_SIZE`]: what is added to a compressed pointer.
    #[inline]
    #[must_use]
    pub fn base(&self) -> usize {
        self.reservation.address()
    }

    /// Bytes reserved: [`CAGE_SIZE`].
    #[inline]
    #[must_use]
    pub fn size(&self) -> usize {
        self.reservation.size()
    }

    /// All addresses of the cage, with the first [`CHUNK_SIZE`] bytes that hold no objects and are never handed out.
    #[must_use]
    pub fn region(&self) -> AddressRegion {
        self.reservation.region()
    }

    /// Commits `size` bytes from [`ISOLATE_DATA_OFFSET`] on, readable, writable and zero, for the isolate's data; returns
    /// where. They stay until the [reservation](Self::reservation) goes, which the data must not outlive.
    ///
    /// # Errors
    ///
    /// [`MemoryError::InvalidRequest`] for more than [`MAX_ISOLATE_DATA_SIZE`], else those of
    /// [`PageAllocator::set_permissions`](super::PageAllocator::set_permissions).
    pub(crate) fn commit_isolate_data(&mut self, size: usize) -> Result<usize, MemoryError> {
        let page_size = self.allocator.commit_page_size();
        if size > MAX_ISOLATE_DATA_SIZE {
            return Err(MemoryError::InvalidRequest { size, alignment: ISOLATE_DATA_OFFSET, page_size });
        }
        // Both are in the first chunk: a chunk is made of commit pages.
        let begin = ISOLATE_DATA_OFFSET / page_size * page_size;
        let end = (ISOLATE_DATA_OFFSET + size).next_multiple_of(page_size);
        // SAFETY: a part of the first chunk, which no allocator hands out; more rights harm no access.
        unsafe { self.reservation.set_permissions(self.base() + begin, end - begin, Permission::ReadWrite) }?;
        Ok(self.base() + ISOLATE_DATA_OFFSET)
    }

    /// The reservation, for an allocator of a part that the cage's own has handed out, and for what lies in the first chunk.
    pub(crate) fn reservation(&self) -> &Arc<VirtualMemory<SharedPageAllocator>> {
        &self.reservation
    }

    /// Does `address` lie in the cage?
    #[inline]
    #[must_use]
    pub fn contains(&self, address: usize) -> bool {
        self.reservation.region().contains(address)
    }

    /// The allocator for the cage's pages, to change something.
    pub fn allocator(&mut self) -> &mut BoundedPageAllocator<SharedPageAllocator> {
        &mut self.allocator
    }

    /// The allocator for the cage's pages, to look.
    #[must_use]
    pub fn pages(&self) -> &BoundedPageAllocator<SharedPageAllocator> {
        &self.allocator
    }
}

#[cfg(test)]
mod tests {
    use core::ptr::with_exposed_provenance_mut;

    use super::*;
    use crate::memory::{KB, Permission};

    #[test]
    fn cage_is_aligned_and_its_first_chunk_never_handed_out() {
        let mut cage = Cage::new().unwrap();
        assert_eq!(cage.base() % CAGE_SIZE, 0);
        assert_eq!(cage.size(), 1 << 32);
        let base = cage.base();
        assert!(cage.contains(base) && cage.contains(base + CAGE_SIZE - 1));
        assert!(!cage.contains(base - 1) && !cage.contains(base + CAGE_SIZE));
        let pages = cage.allocator();
        assert_eq!(pages.allocate_page_size(), 256 * KB);
        assert!(pages.allocate_pages_at(base, CHUNK_SIZE, Permission::NoAccess).is_err());
        let all = CAGE_SIZE - CHUNK_SIZE;
        let error = pages.allocate_pages(CAGE_SIZE, CHUNK_SIZE, Permission::NoAccess).unwrap_err();
        assert!(matches!(error, MemoryError::RegionExhausted { free, .. } if free == all), "{error}");
        let address = pages.allocate_pages(all, CHUNK_SIZE, Permission::NoAccess).unwrap();
        assert_eq!(address, base + CHUNK_SIZE);
    }

    #[test]
    fn pages_at_both_ends_work() {
        let mut cage = Cage::new().unwrap();
        let last = cage.base() + CAGE_SIZE - CHUNK_SIZE;
        let pages = cage.allocator();
        let first = pages.allocate_pages(CHUNK_SIZE, CHUNK_SIZE, Permission::ReadWrite).unwrap();
        pages.allocate_pages_at(last, CHUNK_SIZE, Permission::ReadWrite).unwrap();
        for address in [first, last, last + CHUNK_SIZE - 8] {
            let word: *mut u64 = with_exposed_provenance_mut(address);
            // SAFETY: the word lies in a page committed above that only this test touches.
            unsafe {
                assert_eq!(word.read(), 0);
                word.write(0xdead_beed_beef);
            }
        }
    }

    #[test]
    fn the_first_chunk_takes_an_isolates_data_and_nothing_else() {
        let mut cage = Cage::new().unwrap();
        let free = cage.pages().free_size();
        let error = cage.commit_isolate_data(MAX_ISOLATE_DATA_SIZE + 1).unwrap_err();
        assert!(matches!(error, MemoryError::InvalidRequest { .. }), "{error}");
        let data = cage.commit_isolate_data(MAX_ISOLATE_DATA_SIZE).unwrap();
        assert_eq!((data - cage.base(), cage.pages().free_size()), (ISOLATE_DATA_OFFSET, free));
        let reservation = Arc::clone(cage.reservation());
        drop(cage);
        for address in [data, data + MAX_ISOLATE_DATA_SIZE - 8] {
            let word: *mut u64 = with_exposed_provenance_mut(address);
            // SAFETY: committed above, only this test touches it, and the reservation is still there.
            unsafe {
                assert_eq!(word.read(), 0);
                word.write(1);
            }
        }
        drop(reservation);
    }

    #[test]
    fn several_cages_live_side_by_side_and_are_send() {
        fn assert_send<T: Send>(_: &T) {}
        let cages: Vec<_> = (0..8).map(|_| Cage::new().unwrap()).collect();
        assert_send(&cages);
        for (i, a) in cages.iter().enumerate() {
            for b in &cages[..i] {
                assert!(a.region().overlap(&b.region()).is_empty());
            }
        }
    }
}
