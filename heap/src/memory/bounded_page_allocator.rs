//! Owns [`BoundedPageAllocator`]: the pages inside one part of a reservation. Promises that what
//! it hands out is its caller's alone and reads zero, and that what is not handed out has no access
//! and costs no memory. A commit that fails gives its region back. Keeps its reservation alive, so
//! that an allocator that outlives the reservation's other owners touches nobody's memory.
//!
//! Has no lock: the methods that change something take `&mut self`.
//!
//! V8 counterpart: `base::BoundedPageAllocator`, with `kAllocatedPagesMustBeZeroInitialized` and
//! `kMakeInaccessible`. Its other modes are not here: pages that may hold old data save a decommit, which the pool of
//! [`MemoryAllocator`](super::MemoryAllocator) saves as well, without a promise less; and pages whose permissions cannot be
//! changed are macOS's. It is no [`PageAllocator`] itself, for it has no lock.

use std::sync::Arc;

use super::{AddressRegion, MemoryError, OsPageAllocator, PageAllocator, Permission, RegionAllocator, VirtualMemory};

/// Hands out pages of one part of a reservation. All sizes and addresses are in bytes.
///
/// Two granularities: a region takes whole *allocate pages* of the range, but only as many
/// *commit pages* of it become accessible as were asked for.
///
/// ```
/// use heapwright::memory::{AllocationStatus, BoundedPageAllocator, CHUNK_SIZE, MB, Permission, VirtualMemory};
/// use std::sync::Arc;
///
/// let memory = Arc::new(VirtualMemory::reserve(MB, CHUNK_SIZE, None)?);
/// let range = memory.region();
/// // SAFETY: the range is fresh, and nobody else touches it.
/// let mut pages = unsafe { BoundedPageAllocator::new(memory, range, CHUNK_SIZE) };
/// let address = pages.allocate_pages(CHUNK_SIZE, CHUNK_SIZE, Permission::ReadWrite)?;
/// assert_eq!((address, pages.free_size()), (range.begin(), 3 * CHUNK_SIZE));
///
/// let error = pages.allocate_pages_at(address, CHUNK_SIZE, Permission::ReadWrite).unwrap_err();
/// assert_eq!(error.allocation_status(), Some(AllocationStatus::HintedAddressTakenOrNotFound));
/// let error = pages.allocate_pages(MB, CHUNK_SIZE, Permission::ReadWrite).unwrap_err();
/// assert_eq!(error.allocation_status(), Some(AllocationStatus::RanOutOfReservation));
///
/// // SAFETY: nothing refers to the pages.
/// unsafe { pages.free_pages(address, CHUNK_SIZE)? };
/// # Ok::<(), heapwright::memory::MemoryError>(())
/// ```
#[derive(Debug)]
pub struct BoundedPageAllocator<P: PageAllocator = OsPageAllocator> {
    reservation: Arc<VirtualMemory<P>>,
    regions: RegionAllocator,
}

impl<P: PageAllocator> BoundedPageAllocator<P> {
    /// An allocator for `range` of `reservation`, all of it free, whose regions are multiples of
    /// `allocate_page_size`.
    ///
    /// # Panics
    ///
    /// If `allocate_page_size` is no power of two or below the commit page size, or `range` is
    /// empty, not made of such pages, or not in the reservation.
    ///
    /// # Safety
    ///
    /// Nothing was ever written to `range`, it has no access, and nobody but this value touches
    /// its pages as long as the value lives.
    #[must_use]
    pub unsafe fn new(reservation: Arc<VirtualMemory<P>>, range: AddressRegion, allocate_page_size: usize) -> Self {
        let whole = reservation.region();
        assert!(whole.contains_region(&range), "{range:?} is not in the reservation {whole:?}");
        let commit_page_size = reservation.page_allocator().commit_page_size();
        assert!(
            allocate_page_size >= commit_page_size,
            "allocate pages of {allocate_page_size} bytes are below the commit page size \
             {commit_page_size}"
        );
        Self { reservation, regions: RegionAllocator::new(range, allocate_page_size) }
    }

    /// The range that pages come from.
    #[must_use]
    pub fn range(&self) -> AddressRegion {
        self.regions.whole()
    }

    /// Does `address` lie in the range, handed out or not?
    #[must_use]
    pub fn contains(&self, address: usize) -> bool {
        self.range().contains(address)
    }

    /// The granularity of regions.
    #[must_use]
    pub fn allocate_page_size(&self) -> usize {
        self.regions.page_size()
    }

    /// The granularity of permissions.
    #[must_use]
    pub fn commit_page_size(&self) -> usize {
        self.page_allocator().commit_page_size()
    }

    /// Bytes of the range that are not handed out, in all gaps together.
    #[must_use]
    pub fn free_size(&self) -> usize {
        self.regions.free_size()
    }

    /// Bytes in the largest gap.
    #[must_use]
    pub fn largest_free(&self) -> usize {
        self.regions.largest_free()
    }

    /// Who has which part of the range.
    #[must_use]
    pub fn regions(&self) -> &RegionAllocator {
        &self.regions
    }

    /// Where permissions are changed.
    #[must_use]
    pub fn page_allocator(&self) -> &P {
        self.reservation.page_allocator()
    }

    /// Takes a region for `size` bytes, a multiple of the commit page size, at a multiple of
    /// `alignment`, and gives the first `size` bytes the access `permission`. They read zero.
    ///
    /// # Errors
    ///
    /// [`MemoryError::RegionExhausted`] when no gap is large enough,
    /// [`MemoryError::InvalidRequest`] for a size or alignment that breaks the rules, and those of
    /// [`PageAllocator::set_permissions`] when the memory cannot be committed; nothing stays
    /// allocated in either case.
    pub fn allocate_pages(
        &mut self,
        size: usize,
        alignment: usize,
        permission: Permission,
    ) -> Result<usize, MemoryError> {
        let region_size = self.region_size(size, alignment)?;
        let address =
            self.regions.allocate_aligned_region(region_size, alignment).ok_or(MemoryError::RegionExhausted {
                size,
                alignment,
                free: self.regions.free_size(),
                largest_free: self.regions.largest_free(),
            })?;
        self.commit_new_region(address, size, permission)?;
        Ok(address)
    }

    /// As [`allocate_pages`](Self::allocate_pages), at `hint` if the bytes there are free and `hint` is aligned. V8:
    /// `AllocatePages` with an `AllocationHint`.
    ///
    /// # Errors
    ///
    /// Those of [`allocate_pages`](Self::allocate_pages).
    pub fn allocate_pages_near(
        &mut self,
        hint: usize,
        size: usize,
        alignment: usize,
        permission: Permission,
    ) -> Result<usize, MemoryError> {
        let region_size = self.region_size(size, alignment)?;
        if hint.is_multiple_of(alignment) && self.regions.is_free(hint, region_size) {
            return self.allocate_pages_at(hint, size, permission).map(|()| hint);
        }
        self.allocate_pages(size, alignment, permission)
    }

    /// As [`allocate_pages`](Self::allocate_pages), at exactly `address`.
    ///
    /// # Errors
    ///
    /// [`MemoryError::RegionUnavailable`] when the bytes there are not all free, else those of
    /// [`allocate_pages`](Self::allocate_pages).
    pub fn allocate_pages_at(
        &mut self,
        address: usize,
        size: usize,
        permission: Permission,
    ) -> Result<(), MemoryError> {
        let region_size = self.region_size(size, self.allocate_page_size())?;
        if !self.regions.allocate_region_at(address, region_size) {
            return Err(MemoryError::RegionUnavailable { address, size });
        }
        self.commit_new_region(address, size, permission)
    }

    /// Takes `size` bytes at `address` out of the range for good: they are never handed out, and have no access. For holes
    /// that something else is mapped into. V8: `ReserveForSharedMemoryMapping`.
    ///
    /// # Errors
    ///
    /// [`MemoryError::RegionUnavailable`] when the bytes there are not all free, or not whole allocate pages.
    pub fn exclude_pages_at(&mut self, address: usize, size: usize) -> Result<(), MemoryError> {
        // Free pages have no access.
        let excluded = self.regions.exclude_region_at(address, size);
        if excluded { Ok(()) } else { Err(MemoryError::RegionUnavailable { address, size }) }
    }

    /// Grows the region of `size` bytes at `address` to `new_size` bytes, a multiple of the commit page size, where it is,
    /// and gives the bytes that it gains the access `permission`. From then on the region's size is `new_size`. To shrink
    /// it: [`release_pages`](Self::release_pages). V8: `ResizeAllocationAt`.
    ///
    /// # Errors
    ///
    /// [`MemoryError::NotAllocated`] unless a region for `size` bytes starts at `address`,
    /// [`MemoryError::InvalidRequest`] for a new size below `size` or no multiple,
    /// [`MemoryError::RegionUnavailable`] when what follows the region is not free, and those of
    /// [`PageAllocator::set_permissions`]; nothing changes in any case.
    ///
    /// # Safety
    ///
    /// No reference or running access to bytes of the region behind the first `size` needs a right that `permission` lacks.
    pub unsafe fn grow_pages(
        &mut self,
        address: usize,
        size: usize,
        new_size: usize,
        permission: Permission,
    ) -> Result<(), MemoryError> {
        let region_size = self.checked_region_size(address, size)?;
        let new_region_size = self.region_size(new_size, self.allocate_page_size())?;
        if new_size < size {
            return Err(self.invalid(new_size, self.allocate_page_size()));
        }
        if !self.regions.try_grow_region(address, new_region_size) {
            let (address, size) = (address + region_size, new_region_size - region_size);
            return Err(MemoryError::RegionUnavailable { address, size });
        }
        if new_size == size || permission == Permission::NoAccess {
            return Ok(());
        }
        let (gained, bytes) = (address + size, new_size - size);
        // SAFETY: inside the region as it is now, in the reservation; the caller promises that no access loses a right.
        let committed = unsafe { self.page_allocator().set_permissions(gained, bytes, permission) };
        if committed.is_err() {
            if new_region_size > region_size {
                // As in `commit_new_region`, for what was free a moment ago.
                // SAFETY: nothing refers to it.
                let _ = unsafe {
                    self.page_allocator().decommit_pages(address + region_size, new_region_size - region_size)
                };
            }
            self.regions.trim_region(address, region_size);
        }
        committed
    }

    /// Gives back the region of `size` bytes at `address`: its memory to the operating system, its
    /// addresses to the range.
    ///
    /// # Errors
    ///
    /// [`MemoryError::NotAllocated`] unless a region for `size` bytes starts at `address`, and
    /// those of [`PageAllocator::decommit_pages`]; the region then stays allocated, because what
    /// is in it could not be erased.
    ///
    /// # Safety
    ///
    /// Nothing refers to the region any more.
    pub unsafe fn free_pages(&mut self, address: usize, size: usize) -> Result<(), MemoryError> {
        let region_size = self.checked_region_size(address, size)?;
        // SAFETY: the range is a region of this allocator, so it lies in the reservation, where
        // nobody else touches it; the caller promises that nothing refers to it.
        unsafe { self.page_allocator().decommit_pages(address, region_size) }?;
        let freed = self.regions.free_region(address);
        debug_assert_eq!(freed, region_size);
        Ok(())
    }

    /// Shrinks the region of `size` bytes at `address` to its first `new_size` bytes, a positive
    /// multiple of the commit page size. The memory of the rest goes back to the operating system,
    /// and whole allocate pages of it to the range. From then on the region's size is `new_size`.
    ///
    /// # Errors
    ///
    /// [`MemoryError::NotAllocated`] unless a region for `size` bytes starts at `address`,
    /// [`MemoryError::InvalidRequest`] for a new size that is zero, larger than `size` or no
    /// multiple, and those of [`PageAllocator::decommit_pages`]; nothing changes in either case.
    ///
    /// # Safety
    ///
    /// Nothing refers to the bytes from `address + new_size` on any more.
    pub unsafe fn release_pages(&mut self, address: usize, size: usize, new_size: usize) -> Result<(), MemoryError> {
        let region_size = self.checked_region_size(address, size)?;
        let new_region_size = self.region_size(new_size, self.allocate_page_size())?;
        if new_size > size {
            return Err(self.invalid(new_size, self.allocate_page_size()));
        }
        if new_size == region_size {
            return Ok(());
        }
        // SAFETY: the tail of a region of this allocator; the caller promises that nothing refers
        // to it.
        unsafe { self.page_allocator().decommit_pages(address + new_size, region_size - new_size) }?;
        self.regions.trim_region(address, new_region_size);
        Ok(())
    }

    /// Sets what may be done with the commit pages of a range inside one region. Contents stay.
    ///
    /// # Errors
    ///
    /// [`MemoryError::NotAllocated`] unless all of the range lies in one region handed out, and
    /// those of [`PageAllocator::set_permissions`].
    ///
    /// # Safety
    ///
    /// No reference or running access to the range needs a right that `permission` lacks.
    pub unsafe fn set_permissions(
        &mut self,
        address: usize,
        size: usize,
        permission: Permission,
    ) -> Result<(), MemoryError> {
        self.check_inside_region(address, size)?;
        // SAFETY: the range was just found to lie in a region of this allocator; the caller
        // promises that no access loses a right it needs.
        unsafe { self.page_allocator().set_permissions(address, size, permission) }
    }

    /// Gives the memory behind a range inside one region back while it stays accessible: the next
    /// access reads zero.
    ///
    /// # Errors
    ///
    /// [`MemoryError::NotAllocated`] unless all of the range lies in one region handed out, and
    /// those of [`PageAllocator::discard_pages`].
    ///
    /// # Safety
    ///
    /// Nobody relies on the contents of the range.
    pub unsafe fn discard_pages(&mut self, address: usize, size: usize) -> Result<(), MemoryError> {
        self.check_inside_region(address, size)?;
        // SAFETY: the range was just found to lie in a region of this allocator; the caller
        // promises that its contents are not needed.
        unsafe { self.page_allocator().discard_pages(address, size) }
    }

    /// Gives the memory behind a range inside one region back and takes all access away; the
    /// region keeps its addresses.
    ///
    /// # Errors
    ///
    /// [`MemoryError::NotAllocated`] unless all of the range lies in one region handed out, and
    /// those of [`PageAllocator::decommit_pages`].
    ///
    /// # Safety
    ///
    /// Nothing refers to the range any more.
    pub unsafe fn decommit_pages(&mut self, address: usize, size: usize) -> Result<(), MemoryError> {
        self.check_inside_region(address, size)?;
        // SAFETY: the range was just found to lie in a region of this allocator; the caller
        // promises that nothing refers to it.
        unsafe { self.page_allocator().decommit_pages(address, size) }
    }

    /// What the range is part of.
    pub(super) fn reservation(&self) -> &Arc<VirtualMemory<P>> {
        &self.reservation
    }

    fn commit_new_region(&mut self, address: usize, size: usize, permission: Permission) -> Result<(), MemoryError> {
        if permission == Permission::NoAccess {
            return Ok(());
        }
        // SAFETY: the region was free, so nothing refers to it; it lies in the
        // reservation, where nobody else touches it.
        let committed = unsafe { self.page_allocator().set_permissions(address, size, permission) };
        if committed.is_err() {
            // The kernel may have changed the first part. If it cannot be undone either, the part
            // has access too early but is still zero, which breaks no promise to the next owner.
            // SAFETY: as above.
            let _ = unsafe { self.page_allocator().decommit_pages(address, size) };
            self.regions.free_region(address);
        }
        committed
    }

    /// The bytes of the range that a region for `size` bytes takes.
    fn region_size(&self, size: usize, alignment: usize) -> Result<usize, MemoryError> {
        if size == 0 || !size.is_multiple_of(self.commit_page_size()) || !alignment.is_power_of_two() {
            return Err(self.invalid(size, alignment));
        }
        size.checked_next_multiple_of(self.allocate_page_size()).ok_or_else(|| self.invalid(size, alignment))
    }

    fn checked_region_size(&self, address: usize, size: usize) -> Result<usize, MemoryError> {
        let region_size = self.regions.check_region(address);
        match self.region_size(size, self.allocate_page_size()) {
            Ok(expected) if expected == region_size => Ok(region_size),
            _ => Err(MemoryError::NotAllocated { address, size }),
        }
    }

    fn check_inside_region(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        self.regions
            .allocated_region_of(address)
            .filter(|region| size <= region.end() - address)
            .map(drop)
            .ok_or(MemoryError::NotAllocated { address, size })
    }

    fn invalid(&self, size: usize, alignment: usize) -> MemoryError {
        MemoryError::InvalidRequest { size, alignment, page_size: self.commit_page_size() }
    }
}

#[cfg(test)]
mod tests {
    use core::ptr::with_exposed_provenance_mut;
    use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use std::io;

    use super::*;
    use crate::memory::CHUNK_SIZE;

    /// The operating system, with a switch for each way to fail.
    struct Failing {
        os: OsPageAllocator,
        commits: AtomicBool,
        decommits: AtomicBool,
    }

    fn no_memory() -> io::Error {
        io::Error::from(io::ErrorKind::OutOfMemory)
    }

    // SAFETY: every call is forwarded to `OsPageAllocator`, or fails without effect.
    unsafe impl PageAllocator for Failing {
        fn allocate_page_size(&self) -> usize {
            self.os.allocate_page_size()
        }
        fn commit_page_size(&self) -> usize {
            self.os.commit_page_size()
        }
        fn allocate_pages(
            &self,
            hint: Option<usize>,
            size: usize,
            alignment: usize,
            permission: Permission,
        ) -> Result<usize, MemoryError> {
            self.os.allocate_pages(hint, size, alignment, permission)
        }
        unsafe fn free_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
            // SAFETY: forwarded contract.
            unsafe { self.os.free_pages(address, size) }
        }
        unsafe fn set_permissions(
            &self,
            address: usize,
            size: usize,
            permission: Permission,
        ) -> Result<(), MemoryError> {
            if self.commits.load(Relaxed) {
                return Err(MemoryError::Protect { address, size, permission, source: no_memory() });
            }
            // SAFETY: forwarded contract.
            unsafe { self.os.set_permissions(address, size, permission) }
        }
        unsafe fn discard_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
            // SAFETY: forwarded contract.
            unsafe { self.os.discard_pages(address, size) }
        }
        unsafe fn decommit_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
            if self.decommits.load(Relaxed) {
                return Err(MemoryError::Decommit { address, size, source: no_memory() });
            }
            // SAFETY: forwarded contract.
            unsafe { self.os.decommit_pages(address, size) }
        }
    }

    /// An allocator for a reservation of `chunks` chunks, and where that is.
    fn bounded(chunks: usize) -> (AddressRegion, BoundedPageAllocator<Failing>) {
        let pages =
            Failing { os: OsPageAllocator::new(), commits: AtomicBool::new(false), decommits: AtomicBool::new(false) };
        let size = chunks * CHUNK_SIZE;
        let memory = VirtualMemory::reserve_from(pages, size, CHUNK_SIZE, None).unwrap();
        let range = memory.region();
        // SAFETY: the range was just reserved, and only the allocator keeps the reservation.
        (range, unsafe { BoundedPageAllocator::new(Arc::new(memory), range, CHUNK_SIZE) })
    }

    fn fill(address: usize, size: usize) {
        let bytes: *mut u8 = with_exposed_provenance_mut(address);
        // SAFETY: the tests pass ranges they committed and own.
        unsafe { bytes.write_bytes(0xaa, size) };
    }

    fn is_zero(address: usize, size: usize) -> bool {
        let bytes: *mut u8 = with_exposed_provenance_mut(address);
        // SAFETY: the tests pass ranges they committed and own; the slice does not outlive this.
        unsafe { core::slice::from_raw_parts(bytes, size) }.iter().all(|&byte| byte == 0)
    }

    #[test]
    fn reused_pages_read_zero() {
        let (_memory, mut pages) = bounded(2);
        let first = pages.allocate_pages(CHUNK_SIZE, CHUNK_SIZE, Permission::ReadWrite).unwrap();
        fill(first, CHUNK_SIZE);
        // SAFETY: no references into the region exist.
        unsafe { pages.free_pages(first, CHUNK_SIZE).unwrap() };
        let again = pages.allocate_pages(CHUNK_SIZE, CHUNK_SIZE, Permission::ReadWrite).unwrap();
        assert_eq!(again, first);
        assert!(is_zero(again, CHUNK_SIZE));
    }

    #[test]
    fn exhaustion_has_the_numbers_and_is_survived() {
        let (memory, mut pages) = bounded(4);
        pages.allocate_pages_at(memory.begin() + CHUNK_SIZE, CHUNK_SIZE, Permission::NoAccess).unwrap();
        let error = pages.allocate_pages(3 * CHUNK_SIZE, CHUNK_SIZE, Permission::ReadWrite).unwrap_err();
        let MemoryError::RegionExhausted { size, free, largest_free, .. } = error else { panic!("{error}") };
        assert_eq!((size, free, largest_free), (3 * CHUNK_SIZE, 3 * CHUNK_SIZE, 2 * CHUNK_SIZE));
        let address = pages.allocate_pages(2 * CHUNK_SIZE, CHUNK_SIZE, Permission::ReadWrite).unwrap();
        assert_eq!(address, memory.begin() + 2 * CHUNK_SIZE);
        let error = pages.allocate_pages_at(address + CHUNK_SIZE, CHUNK_SIZE, Permission::ReadWrite).unwrap_err();
        assert!(matches!(error, MemoryError::RegionUnavailable { .. }), "{error}");
    }

    #[test]
    fn failed_commit_gives_the_region_back() {
        let (memory, mut pages) = bounded(2);
        pages.page_allocator().commits.store(true, Relaxed);
        for decommits in [false, true] {
            pages.page_allocator().decommits.store(decommits, Relaxed);
            let error = pages.allocate_pages(CHUNK_SIZE, CHUNK_SIZE, Permission::ReadWrite).unwrap_err();
            assert!(matches!(error, MemoryError::Protect { size: CHUNK_SIZE, .. }), "{error}");
            assert!(pages.allocate_pages_at(memory.begin(), CHUNK_SIZE, Permission::ReadWrite).is_err());
            assert_eq!(pages.free_size(), 2 * CHUNK_SIZE);
            assert_eq!(pages.largest_free(), 2 * CHUNK_SIZE);
        }
        pages.page_allocator().commits.store(false, Relaxed);
        assert!(pages.allocate_pages(2 * CHUNK_SIZE, CHUNK_SIZE, Permission::ReadWrite).is_ok());
    }

    #[test]
    fn failed_decommit_keeps_the_region() {
        let (_memory, mut pages) = bounded(2);
        let address = pages.allocate_pages(CHUNK_SIZE, CHUNK_SIZE, Permission::ReadWrite).unwrap();
        pages.page_allocator().decommits.store(true, Relaxed);
        // SAFETY: no references into the region exist.
        unsafe {
            assert!(pages.free_pages(address, CHUNK_SIZE).is_err());
            assert_eq!(pages.free_size(), CHUNK_SIZE);
            pages.page_allocator().decommits.store(false, Relaxed);
            pages.free_pages(address, CHUNK_SIZE).unwrap();
            assert_eq!(pages.free_size(), 2 * CHUNK_SIZE);
            let error = pages.free_pages(address, CHUNK_SIZE).unwrap_err();
            assert!(matches!(error, MemoryError::NotAllocated { .. }), "{error}");
        }
    }

    #[test]
    fn shrinking_returns_whole_allocate_pages() {
        let (_memory, mut pages) = bounded(4);
        let commit = pages.commit_page_size();
        let size = 3 * CHUNK_SIZE + commit;
        let address = pages.allocate_pages(size, CHUNK_SIZE, Permission::ReadWrite).unwrap();
        assert_eq!(pages.free_size(), 0);
        fill(address, size);
        let new_size = CHUNK_SIZE + commit;
        // SAFETY: no references into the region exist; only committed parts of it are accessed.
        unsafe {
            for bad in [0, 1, size + commit] {
                assert!(pages.release_pages(address, size, bad).is_err());
            }
            assert!(pages.release_pages(address + CHUNK_SIZE, CHUNK_SIZE, commit).is_err());
            pages.release_pages(address, size, new_size).unwrap();
            assert_eq!(pages.free_size(), 2 * CHUNK_SIZE);
            pages.set_permissions(address, 2 * CHUNK_SIZE, Permission::ReadWrite).unwrap();
            assert!(!is_zero(address + CHUNK_SIZE, commit));
            assert!(is_zero(address + new_size, CHUNK_SIZE - commit));
            let rest = pages.allocate_pages(2 * CHUNK_SIZE, CHUNK_SIZE, Permission::ReadWrite).unwrap();
            assert!(is_zero(rest, 2 * CHUNK_SIZE));
            pages.free_pages(address, new_size).unwrap();
        }
        assert_eq!(pages.free_size(), 2 * CHUNK_SIZE);
    }

    #[test]
    fn growing_commits_what_is_gained_or_changes_nothing() {
        let (memory, mut pages) = bounded(4);
        let commit = pages.commit_page_size();
        let address = pages.allocate_pages(commit, CHUNK_SIZE, Permission::ReadWrite).unwrap();
        fill(address, commit);
        pages.allocate_pages_at(memory.begin() + 3 * CHUNK_SIZE, CHUNK_SIZE, Permission::NoAccess).unwrap();
        // SAFETY: no references into the region exist; only committed parts of it are accessed.
        unsafe {
            let too_far = pages.grow_pages(address, commit, 4 * CHUNK_SIZE, Permission::ReadWrite).unwrap_err();
            let MemoryError::RegionUnavailable { address: at, size } = too_far else { panic!("{too_far}") };
            assert_eq!((at, size), (address + CHUNK_SIZE, 3 * CHUNK_SIZE));
            for bad in [0, 1, commit + 1, usize::MAX & !(commit - 1)] {
                assert!(pages.grow_pages(address, commit, bad, Permission::ReadWrite).is_err());
            }
            assert!(pages.grow_pages(address, 2 * CHUNK_SIZE, 3 * CHUNK_SIZE, Permission::ReadWrite).is_err());
            pages.page_allocator().commits.store(true, Relaxed);
            let error = pages.grow_pages(address, commit, 2 * CHUNK_SIZE, Permission::ReadWrite).unwrap_err();
            assert!(matches!(error, MemoryError::Protect { .. }), "{error}");
            assert_eq!((pages.regions().check_region(address), pages.free_size()), (CHUNK_SIZE, 2 * CHUNK_SIZE));
            pages.page_allocator().commits.store(false, Relaxed);
            // Inside the region, and beyond it.
            pages.grow_pages(address, commit, 2 * commit, Permission::ReadWrite).unwrap();
            pages.grow_pages(address, 2 * commit, 3 * CHUNK_SIZE, Permission::ReadWrite).unwrap();
            assert!(!is_zero(address, commit) && is_zero(address + commit, 3 * CHUNK_SIZE - commit));
            assert_eq!(pages.free_size(), 0);
            assert!(pages.grow_pages(address, 3 * CHUNK_SIZE, CHUNK_SIZE, Permission::ReadWrite).is_err());
            pages.free_pages(address, 3 * CHUNK_SIZE).unwrap();
        }
        assert_eq!(pages.free_size(), 3 * CHUNK_SIZE);
    }

    #[test]
    fn hints_are_followed_where_free_and_holes_never_handed_out() {
        let (memory, mut pages) = bounded(4);
        let chunk = |n| memory.begin() + n * CHUNK_SIZE;
        let near = |pages: &mut BoundedPageAllocator<Failing>, hint| {
            pages.allocate_pages_near(hint, CHUNK_SIZE, CHUNK_SIZE, Permission::ReadWrite)
        };
        assert_eq!(near(&mut pages, chunk(2)).unwrap(), chunk(2));
        pages.exclude_pages_at(chunk(0), CHUNK_SIZE).unwrap();
        for taken in [chunk(0), chunk(2), chunk(4), chunk(3) + 1] {
            assert!(matches!(pages.exclude_pages_at(taken, CHUNK_SIZE), Err(MemoryError::RegionUnavailable { .. })));
        }
        assert_eq!(near(&mut pages, chunk(2)).unwrap(), chunk(1));
        assert_eq!(near(&mut pages, 12).unwrap(), chunk(3));
        assert!(matches!(near(&mut pages, chunk(0)), Err(MemoryError::RegionExhausted { free: 0, .. })));
    }

    #[test]
    fn permissions_stay_inside_one_region() {
        let (memory, mut pages) = bounded(3);
        let address = pages.allocate_pages(CHUNK_SIZE, CHUNK_SIZE, Permission::NoAccess).unwrap();
        // SAFETY: no references into the region exist; it is written only while that is allowed.
        unsafe {
            assert!(pages.set_permissions(address, 2 * CHUNK_SIZE, Permission::Read).is_err());
            assert!(pages.set_permissions(memory.end(), CHUNK_SIZE, Permission::Read).is_err());
            assert!(pages.discard_pages(address + CHUNK_SIZE, CHUNK_SIZE).is_err());
            assert!(pages.decommit_pages(address, usize::MAX).is_err());
            pages.set_permissions(address, CHUNK_SIZE, Permission::ReadWrite).unwrap();
            fill(address, CHUNK_SIZE);
            pages.discard_pages(address, CHUNK_SIZE).unwrap();
            assert!(is_zero(address, CHUNK_SIZE));
            fill(address, CHUNK_SIZE);
            pages.decommit_pages(address, CHUNK_SIZE).unwrap();
            pages.set_permissions(address, CHUNK_SIZE, Permission::Read).unwrap();
            assert!(is_zero(address, CHUNK_SIZE));
        }
    }

    #[test]
    fn impossible_requests_are_errors() {
        let (_memory, mut pages) = bounded(2);
        let commit = pages.commit_page_size();
        let top = usize::MAX & !(commit - 1);
        for (size, alignment) in [(0, commit), (commit + 1, commit), (commit, 3), (top, commit)] {
            let error = pages.allocate_pages(size, alignment, Permission::NoAccess).unwrap_err();
            assert!(matches!(error, MemoryError::InvalidRequest { .. }), "{error}");
        }
        assert_eq!(pages.free_size(), 2 * CHUNK_SIZE);
    }

    use proptest::prelude::*;

    const CHUNKS: usize = 6;

    #[derive(Clone, Debug)]
    enum Op {
        Allocate {
            pages: usize,
        },
        At {
            chunk: usize,
            pages: usize,
        },
        Free {
            region: usize,
        },
        Release {
            region: usize,
            pages: usize,
        },
        Grow {
            region: usize,
            pages: usize,
        },
        Write {
            region: usize,
            page: usize,
        },
        Discard {
            region: usize,
            page: usize,
        },
        /// Commits, decommits or both fail from now on, or no longer do.
        Fail {
            commits: bool,
            decommits: bool,
        },
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            4 => (1..160_usize).prop_map(|pages| Op::Allocate { pages }),
            1 => (0..CHUNKS, 1..160_usize).prop_map(|(chunk, pages)| Op::At { chunk, pages }),
            3 => (0..4_usize).prop_map(|region| Op::Free { region }),
            2 => (0..4_usize, 1..100_usize).prop_map(|(region, pages)| Op::Release { region, pages }),
            2 => (0..4_usize, 1..200_usize).prop_map(|(region, pages)| Op::Grow { region, pages }),
            6 => (0..4_usize, 0..160_usize).prop_map(|(region, page)| Op::Write { region, page }),
            1 => (0..4_usize, 0..160_usize).prop_map(|(region, page)| Op::Discard { region, page }),
            1 => (any::<bool>(), any::<bool>()).prop_map(|(commits, decommits)| Op::Fail { commits, decommits }),
        ]
    }

    /// A region handed out: where, and what the first word of each of its commit pages must be.
    type Region = (usize, Vec<u64>);

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Against a list of regions with their contents: what is handed out overlaps nothing and reads zero, contents
        /// stay until they are given up, sizes add up, and what fails changes nothing.
        #[test]
        fn agrees_with_a_list_of_regions(ops in prop::collection::vec(op(), 1..60)) {
            let (range, mut pages) = bounded(CHUNKS);
            let commit = pages.commit_page_size();
            let word = |address: usize| with_exposed_provenance_mut::<u64>(address);
            let chunks = |pages: usize| (pages * commit).div_ceil(CHUNK_SIZE);
            let mut model: Vec<Region> = Vec::new();
            let (mut commits, mut decommits) = (false, false);
            let mut next = 0;
            for op in ops {
                let before = pages.free_size();
                match op {
                    Op::Allocate { pages: count } => {
                        match pages.allocate_pages(count * commit, CHUNK_SIZE, Permission::ReadWrite) {
                            Ok(address) => model.push((address, vec![0; count])),
                            Err(MemoryError::Protect { .. }) => prop_assert!(commits),
                            Err(error) => {
                                prop_assert!(matches!(error, MemoryError::RegionExhausted { .. }), "{}", error);
                                prop_assert!(pages.largest_free() < chunks(count) * CHUNK_SIZE);
                            }
                        }
                    }
                    Op::At { chunk, pages: count } => {
                        let at = range.begin() + chunk * CHUNK_SIZE;
                        let end = at + chunks(count) * CHUNK_SIZE;
                        let is_free = end <= range.end()
                            && model.iter().all(|(a, p)| end <= *a || a + chunks(p.len()) * CHUNK_SIZE <= at);
                        match pages.allocate_pages_at(at, count * commit, Permission::ReadWrite) {
                            Ok(()) => {
                                prop_assert!(is_free && !commits);
                                model.push((at, vec![0; count]));
                            }
                            Err(MemoryError::Protect { .. }) => prop_assert!(is_free && commits),
                            Err(error) => {
                                prop_assert!(matches!(error, MemoryError::RegionUnavailable { .. }), "{}", error);
                                prop_assert!(!is_free);
                            }
                        }
                    }
                    Op::Free { region } if region < model.len() => {
                        let (address, contents) = &model[region];
                        // SAFETY: nothing refers to the region but the model, which forgets it.
                        match unsafe { pages.free_pages(*address, contents.len() * commit) } {
                            Ok(()) => drop(model.swap_remove(region)),
                            Err(_) => prop_assert!(decommits),
                        }
                    }
                    Op::Release { region, pages: count } if region < model.len() => {
                        let (address, contents) = &mut model[region];
                        // SAFETY: nothing refers to the region but the model, which forgets the rest.
                        match unsafe { pages.release_pages(*address, contents.len() * commit, count * commit) } {
                            Ok(()) => contents.truncate(count),
                            Err(MemoryError::InvalidRequest { .. }) => prop_assert!(count > contents.len()),
                            Err(_) => prop_assert!(decommits),
                        }
                    }
                    Op::Grow { region, pages: count } if region < model.len() => {
                        let (address, old) = (model[region].0, model[region].1.len());
                        let behind = address + chunks(old) * CHUNK_SIZE;
                        let end = address + chunks(count) * CHUNK_SIZE;
                        let is_free = end <= range.end()
                            && model.iter().all(|(a, p)| end <= *a || a + chunks(p.len()) * CHUNK_SIZE <= behind);
                        // SAFETY: nothing refers to the region but the model.
                        match unsafe { pages.grow_pages(address, old * commit, count * commit, Permission::ReadWrite) } {
                            Ok(()) => {
                                prop_assert!(count == old || !commits);
                                prop_assert!(is_free && count >= old);
                                model[region].1.resize(count, 0);
                            }
                            Err(MemoryError::Protect { .. }) => prop_assert!(commits && is_free),
                            Err(MemoryError::InvalidRequest { .. }) => prop_assert!(count < old),
                            Err(error) => {
                                prop_assert!(matches!(error, MemoryError::RegionUnavailable { .. }), "{}", error);
                                prop_assert!(!is_free);
                            }
                        }
                    }
                    Op::Write { region, page } if region < model.len() && page < model[region].1.len() => {
                        next += 1;
                        model[region].1[page] = next;
                        // SAFETY: a committed page of a region that is the test's.
                        unsafe { word(model[region].0 + page * commit).write(next) };
                    }
                    Op::Discard { region, page } if region < model.len() && page < model[region].1.len() => {
                        // SAFETY: as above, and nobody needs the contents.
                        unsafe { pages.discard_pages(model[region].0 + page * commit, commit) }.unwrap();
                        model[region].1[page] = 0;
                    }
                    Op::Fail { commits: c, decommits: d } => {
                        (commits, decommits) = (c, d);
                        pages.page_allocator().commits.store(c, Relaxed);
                        pages.page_allocator().decommits.store(d, Relaxed);
                    }
                    _ => prop_assert_eq!(pages.free_size(), before),
                }
                let taken: usize = model.iter().map(|(_, contents)| chunks(contents.len()) * CHUNK_SIZE).sum();
                prop_assert_eq!(pages.free_size(), range.size() - taken);
                prop_assert_eq!(pages.regions().allocated_regions().count(), model.len());
                for (address, contents) in &model {
                    prop_assert_eq!(pages.regions().check_region(*address), chunks(contents.len()) * CHUNK_SIZE);
                    for (page, expected) in contents.iter().enumerate() {
                        // SAFETY: a committed page of a region that is the test's.
                        prop_assert_eq!(unsafe { word(address + page * commit).read() }, *expected);
                    }
                }
            }
        }
    }
}
