//! Owns [`VirtualMemory`]: one reservation of address space. Promises that the whole range is
//! this value's alone until it is dropped, and that dropping gives all of it back, committed or
//! not; should the operating system not take the addresses back, at least the memory. Does not know what is placed where in it.
//!
//! V8 counterpart: `VirtualMemory`. There is no empty one here (use an `Option`), none that takes over a range which
//! somebody else reserved, and none that grows: what lies behind a reservation is not its own.

use super::{AddressRegion, MemoryError, OsPageAllocator, PageAllocator, Permission};

/// A reservation, made without access and released on drop. All sizes and addresses are in bytes.
///
/// Dropping is safe, although it unmaps the range: to reach the memory at all, someone had to turn
/// an address into a reference in unsafe code, and there promised that the reservation outlives it.
///
/// ```
/// use heapwright::memory::{CHUNK_SIZE, MB, Permission, VirtualMemory};
///
/// let memory = VirtualMemory::reserve(MB, CHUNK_SIZE, None)?;
/// assert_eq!((memory.size(), memory.address() % CHUNK_SIZE), (MB, 0));
/// // SAFETY: nothing refers to the pages yet; the word lies in those that are committed.
/// unsafe {
///     memory.set_permissions(memory.address(), CHUNK_SIZE, Permission::ReadWrite)?;
///     let word = std::ptr::with_exposed_provenance_mut::<u64>(memory.address());
///     assert_eq!(word.read(), 0);
///     word.write(7);
/// }
/// memory.free()?; // or let it be dropped
/// # Ok::<(), heapwright::memory::MemoryError>(())
/// ```
#[derive(Debug)]
pub struct VirtualMemory<P: PageAllocator = OsPageAllocator> {
    pages: P,
    region: AddressRegion,
}

impl VirtualMemory {
    /// Reserves `size` bytes at a multiple of `alignment`, near `hint` if possible, from the
    /// operating system. See [`PageAllocator::allocate_pages`] for the rules.
    ///
    /// # Errors
    ///
    /// Those of [`PageAllocator::allocate_pages`].
    pub fn reserve(size: usize, alignment: usize, hint: Option<usize>) -> Result<Self, MemoryError> {
        Self::reserve_from(OsPageAllocator::new(), size, alignment, hint)
    }
}

impl<P: PageAllocator> VirtualMemory<P> {
    /// As [`VirtualMemory::reserve`], from a page allocator of the caller's choice.
    ///
    /// # Errors
    ///
    /// Those of [`PageAllocator::allocate_pages`].
    pub fn reserve_from(pages: P, size: usize, alignment: usize, hint: Option<usize>) -> Result<Self, MemoryError> {
        let address = pages.allocate_pages(hint, size, alignment, Permission::NoAccess)?;
        Ok(Self { pages, region: AddressRegion::new(address, size) })
    }

    /// Maps `size` bytes for use as a whole: readable, writable and zero, each page costing memory once it is touched.
    ///
    /// # Errors
    ///
    /// Those of [`PageAllocator::allocate_pages`].
    pub fn map_from(pages: P, size: usize) -> Result<Self, MemoryError> {
        let alignment = pages.allocate_page_size();
        let address = pages.allocate_pages(None, size, alignment, Permission::ReadWrite)?;
        Ok(Self { pages, region: AddressRegion::new(address, size) })
    }

    /// The first address.
    #[must_use]
    pub fn address(&self) -> usize {
        self.region.begin()
    }

    /// The number of bytes reserved.
    #[must_use]
    pub fn size(&self) -> usize {
        self.region.size()
    }

    /// The first address after the reservation.
    #[must_use]
    pub fn end(&self) -> usize {
        self.region.end()
    }

    /// The reserved addresses.
    #[must_use]
    pub fn region(&self) -> AddressRegion {
        self.region
    }

    /// Where the reservation came from.
    #[must_use]
    pub fn page_allocator(&self) -> &P {
        &self.pages
    }

    /// Sets what may be done with `size` bytes at `address`; giving access commits them.
    ///
    /// # Errors
    ///
    /// [`MemoryError::NotAllocated`] outside the reservation, else those of
    /// [`PageAllocator::set_permissions`].
    ///
    /// # Safety
    ///
    /// No reference or running access to the range needs a right that `permission` lacks.
    pub unsafe fn set_permissions(
        &self,
        address: usize,
        size: usize,
        permission: Permission,
    ) -> Result<(), MemoryError> {
        self.check(address, size)?;
        // SAFETY: the range was just found to be in pages this value owns; the caller promises
        // that no access loses a right it needs.
        unsafe { self.pages.set_permissions(address, size, permission) }
    }

    /// Gives the memory behind `size` bytes at `address` back while they stay accessible: the next access reads zero.
    /// V8: `DiscardSystemPages`. `RecommitPages` has no counterpart, for on Linux there is nothing left to do.
    ///
    /// # Errors
    ///
    /// [`MemoryError::NotAllocated`] outside the reservation, else those of [`PageAllocator::discard_pages`].
    ///
    /// # Safety
    ///
    /// Nobody relies on the contents of the range.
    pub unsafe fn discard(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        self.check(address, size)?;
        // SAFETY: in pages this value owns; the caller promises that nobody needs the contents.
        unsafe { self.pages.discard_pages(address, size) }
    }

    /// Gives the memory behind `size` bytes at `address` back and takes all access away; the addresses stay reserved. To
    /// use them again, [set their permissions](Self::set_permissions): they read zero.
    ///
    /// # Errors
    ///
    /// [`MemoryError::NotAllocated`] outside the reservation, else those of [`PageAllocator::decommit_pages`].
    ///
    /// # Safety
    ///
    /// Nothing refers to the range any more.
    pub unsafe fn decommit(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        self.check(address, size)?;
        // SAFETY: in pages this value owns; the caller promises that nothing refers to them.
        unsafe { self.pages.decommit_pages(address, size) }
    }

    /// Shrinks the reservation: what lies from `end` on, a multiple of the allocate page size, goes back to the operating
    /// system, memory and addresses. Returns the number of bytes. V8: `Release`.
    ///
    /// # Errors
    ///
    /// [`MemoryError::NotAllocated`] if `end` is not inside the reservation ([`free`](Self::free) gives all of it back),
    /// [`MemoryError::InvalidRequest`] if it is no multiple, else those of [`PageAllocator::free_pages`]; nothing changes
    /// then.
    ///
    /// # Safety
    ///
    /// Nothing refers to the bytes from `end` on any more.
    pub unsafe fn release(&mut self, end: usize) -> Result<usize, MemoryError> {
        let released = self.region.end().wrapping_sub(end);
        if end == self.region.begin() || !self.region.contains(end) {
            return Err(MemoryError::NotAllocated { address: end, size: released });
        }
        let page_size = self.pages.allocate_page_size();
        if !end.is_multiple_of(page_size) {
            return Err(MemoryError::InvalidRequest { size: released, alignment: page_size, page_size });
        }
        // SAFETY: whole pages of the reservation, which nothing refers to, as the caller promises.
        unsafe { self.pages.free_pages(end, released) }?;
        self.region = AddressRegion::new(self.region.begin(), end - self.region.begin());
        Ok(released)
    }

    /// Gives all of it back, as dropping it does, and says whether that worked.
    ///
    /// # Errors
    ///
    /// Those of [`PageAllocator::free_pages`]: the addresses are lost then, but the memory behind them most likely is not.
    pub fn free(mut self) -> Result<(), MemoryError> {
        self.give_back()
    }

    fn check(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        let inside =
            address.checked_add(size).is_some_and(|end| self.region.begin() <= address && end <= self.region.end());
        if inside { Ok(()) } else { Err(MemoryError::NotAllocated { address, size }) }
    }

    /// What dropping does; the second time nothing.
    fn give_back(&mut self) -> Result<(), MemoryError> {
        let region = core::mem::take(&mut self.region);
        if region.is_empty() {
            return Ok(());
        }
        let (address, size) = (region.begin(), region.size());
        // SAFETY: `region` is what `allocate_pages` returned, less what was released, and freed only here; whoever made
        // references into it promised that the reservation outlives them.
        let released = unsafe { self.pages.free_pages(address, size) };
        if released.is_err() {
            // The kernel may refuse to split a mapping when the process has too many. Then the
            // addresses are lost, but the memory behind them need not be.
            // SAFETY: as above.
            let _ = unsafe { self.pages.decommit_pages(address, size) };
        }
        released
    }
}

impl<P: PageAllocator> Drop for VirtualMemory<P> {
    fn drop(&mut self) {
        let _ = self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;
    use core::ptr::with_exposed_provenance_mut;
    use std::rc::Rc;

    use super::*;
    use crate::memory::{CHUNK_SIZE, MB};

    #[test]
    fn committed_parts_work_and_the_rest_is_refused() {
        let memory = VirtualMemory::reserve(MB, CHUNK_SIZE, None).unwrap();
        assert_eq!(memory.address() % CHUNK_SIZE, 0);
        assert_eq!((memory.size(), memory.end()), (MB, memory.address() + MB));
        let second = memory.address() + CHUNK_SIZE;
        // SAFETY: the reservation is this test's alone; the word is in the part just committed.
        unsafe {
            memory.set_permissions(second, CHUNK_SIZE, Permission::ReadWrite).unwrap();
            let word: *mut u64 = with_exposed_provenance_mut(second);
            assert_eq!(word.read(), 0);
            word.write(1);
            for (address, size) in [(memory.end(), 4096), (second, MB), (second - MB, 4096), (second, usize::MAX)] {
                let error = memory.set_permissions(address, size, Permission::ReadWrite).unwrap_err();
                assert!(matches!(error, MemoryError::NotAllocated { .. }), "{error}");
            }
        }
    }

    /// Forwards to the operating system and counts the bytes that are out.
    struct Counting(OsPageAllocator, Rc<Cell<usize>>);

    // SAFETY: every call is forwarded to `OsPageAllocator`.
    unsafe impl PageAllocator for Counting {
        fn allocate_page_size(&self) -> usize {
            self.0.allocate_page_size()
        }
        fn commit_page_size(&self) -> usize {
            self.0.commit_page_size()
        }
        fn allocate_pages(
            &self,
            hint: Option<usize>,
            size: usize,
            alignment: usize,
            permission: Permission,
        ) -> Result<usize, MemoryError> {
            self.1.set(self.1.get() + size);
            self.0.allocate_pages(hint, size, alignment, permission)
        }
        unsafe fn free_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
            self.1.set(self.1.get() - size);
            // SAFETY: forwarded contract.
            unsafe { self.0.free_pages(address, size) }
        }
        unsafe fn set_permissions(
            &self,
            address: usize,
            size: usize,
            permission: Permission,
        ) -> Result<(), MemoryError> {
            // SAFETY: forwarded contract.
            unsafe { self.0.set_permissions(address, size, permission) }
        }
        unsafe fn discard_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
            // SAFETY: forwarded contract.
            unsafe { self.0.discard_pages(address, size) }
        }
        unsafe fn decommit_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
            // SAFETY: forwarded contract.
            unsafe { self.0.decommit_pages(address, size) }
        }
    }

    #[test]
    fn drop_releases_everything() {
        let out = Rc::new(Cell::new(0));
        let pages = Counting(OsPageAllocator::new(), Rc::clone(&out));
        let memory = VirtualMemory::reserve_from(pages, MB, MB, None).unwrap();
        assert_eq!(out.get(), MB);
        drop(memory);
        assert_eq!(out.get(), 0);
    }

    #[test]
    fn release_shrinks_and_free_reports() {
        let out = Rc::new(Cell::new(0));
        let pages = Counting(OsPageAllocator::new(), Rc::clone(&out));
        let mut memory = VirtualMemory::reserve_from(pages, MB, MB, None).unwrap();
        let begin = memory.address();
        // SAFETY: nothing refers to the reservation.
        unsafe {
            for bad in [0, begin, begin + MB, usize::MAX] {
                assert!(matches!(memory.release(bad), Err(MemoryError::NotAllocated { .. })), "{bad:#x}");
            }
            assert!(matches!(memory.release(begin + 1), Err(MemoryError::InvalidRequest { .. })));
            assert_eq!(memory.release(begin + CHUNK_SIZE).unwrap(), MB - CHUNK_SIZE);
            assert_eq!((memory.address(), memory.size(), out.get()), (begin, CHUNK_SIZE, CHUNK_SIZE));
            assert!(memory.set_permissions(begin + CHUNK_SIZE, CHUNK_SIZE, Permission::Read).is_err());
            assert!(memory.discard(begin + CHUNK_SIZE, CHUNK_SIZE).is_err());
            assert!(memory.decommit(begin, MB).is_err());
        }
        memory.free().unwrap();
        assert_eq!(out.get(), 0);
    }

    #[test]
    fn discarded_and_decommitted_parts_read_zero() {
        let memory = VirtualMemory::reserve(MB, CHUNK_SIZE, None).unwrap();
        let word: *mut u64 = with_exposed_provenance_mut(memory.address());
        // SAFETY: the reservation is this test's alone, and accessed while it is committed.
        unsafe {
            memory.set_permissions(memory.address(), CHUNK_SIZE, Permission::ReadWrite).unwrap();
            word.write(1);
            memory.discard(memory.address(), CHUNK_SIZE).unwrap();
            assert_eq!(word.read(), 0);
            word.write(1);
            memory.decommit(memory.address(), CHUNK_SIZE).unwrap();
            memory.set_permissions(memory.address(), CHUNK_SIZE, Permission::ReadWrite).unwrap();
            assert_eq!(word.read(), 0);
        }
    }

    #[test]
    fn memory_goes_back_even_if_the_addresses_cannot() {
        use crate::memory::{FaultPlan, FaultyPageAllocator, PageOperation, SharedPageAllocator};
        let pages = std::sync::Arc::new(FaultyPageAllocator::default());
        let memory = VirtualMemory::reserve_from(SharedPageAllocator::new(pages.clone()), MB, MB, None).unwrap();
        // SAFETY: nothing refers to the reservation.
        unsafe { memory.set_permissions(memory.address(), MB, Permission::ReadWrite).unwrap() };
        assert_eq!((pages.mapped(), pages.committed()), (MB, MB));
        pages.fail(FaultPlan::At(1), &[PageOperation::Free]);
        drop(memory);
        assert_eq!((pages.mapped(), pages.committed()), (MB, 0));
    }
}
