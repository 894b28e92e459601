//! Owns [`VirtualMemory`]: one reservation of address space. Promises that the whole range is
//! this value's alone until it is dropped, and that dropping gives all of it back, committed or
//! not; should the operating system not take the addresses back, at least the memory. Does not know what is placed where in it.
//!
//! V8 counterpart: `VirtualMemory`.

use super::{AddressRegion, MemoryError, OsPageAllocator, PageAllocator, Permission};

/// A reservation, made without access and released on drop. All sizes and addresses are in bytes.
///
/// Dropping is safe, although it unmaps the range: to reach the memory at all, someone had to turn
/// an address into a reference in unsafe code, and there promised that the reservation outlives it.
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
        let inside =
            address.checked_add(size).is_some_and(|end| self.region.begin() <= address && end <= self.region.end());
        if !inside {
            return Err(MemoryError::NotAllocated { address, size });
        }
        // SAFETY: the range was just found to be in pages this value owns; the caller promises
        // that no access loses a right it needs.
        unsafe { self.pages.set_permissions(address, size, permission) }
    }
}

impl<P: PageAllocator> Drop for VirtualMemory<P> {
    fn drop(&mut self) {
        let (address, size) = (self.region.begin(), self.region.size());
        // SAFETY: `region` is what `allocate_pages` returned, freed only here; whoever made
        // references into it promised that the reservation outlives them.
        let released = unsafe { self.pages.free_pages(address, size) };
        if released.is_err() {
            // The kernel may refuse to split a mapping when the process has too many. Then the
            // addresses are lost, but the memory behind them need not be.
            // SAFETY: as above.
            let _ = unsafe { self.pages.decommit_pages(address, size) };
        }
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
