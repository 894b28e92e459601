//! Owns the system calls: [`PageAllocator`] is what every higher layer asks for pages,
//! [`OsPageAllocator`] asks the operating system.
//!
//! Promises: fresh and recommitted pages read as zero; an address handed out is aligned as asked
//! and has its provenance exposed, so that [`core::ptr::with_exposed_provenance_mut`] may turn it
//! into a pointer; a call that fails leaves the pages as they were.
//!
//! V8 counterparts: `v8::PageAllocator` and `base::PageAllocator`. What those have and [`PageAllocator`] has not:
//!
//! | V8 | here |
//! |---|---|
//! | `ReleasePages`, to shrink | [`free_pages`](PageAllocator::free_pages) of the tail, for each allocate page may go by itself |
//! | `ResizeAllocationAt`, to grow | [`BoundedPageAllocator::grow_pages`](super::BoundedPageAllocator::grow_pages); the operating system promises no room behind a mapping, and V8's own allocator for it says no, too |
//! | `GetRandomMmapAddr`, `SetRandomMmapSeed` | [`RandomAddresses`](super::RandomAddresses), given as a hint |
//! | `RecommitPages` after `DiscardSystemPages` | nothing to do on Linux: discarded pages come back when they are touched |
//! | `kNoAccessWillJitLater` | macOS alone |
//! | shared pages | a heap that several isolates share is not built |
//! | `SealPages` | what is sealed in the kernel (`mseal`) can never be unmapped, and isolates end; `mprotect` seals READ_ONLY space |

use core::ffi::c_void;
use core::ptr::{null_mut, with_exposed_provenance_mut};

use memmap2::{MmapOptions, MmapRaw};
use rustix::mm::{self, Advice, MapFlags, MprotectFlags, ProtFlags};

use super::{AddressRegion, MemoryError, Permission};

/// A source of whole pages. All sizes and addresses are in bytes.
///
/// # Safety
///
/// Callers build pointers from the addresses they get, so an implementation must uphold, for each
/// successful [`allocate_pages`](Self::allocate_pages) and until the matching
/// [`free_pages`](Self::free_pages):
///
/// - the range is mapped, belongs to nobody else, and is aligned to what was asked;
/// - its provenance is exposed;
/// - its pages have the permission last set, and read as zero until written.
///
/// An isolate calls its page allocator in the middle of collections too. So no method may unwind: what cannot be done is
/// an error.
///
/// # Examples
///
/// An allocator of one's own counts, logs, places or refuses, and leaves the rest to [`OsPageAllocator`]. This one knows how
/// much address space its isolate has:
///
/// ```
/// use heapwright::Isolate;
/// use heapwright::memory::{CAGE_SIZE, MemoryError, OsPageAllocator, PageAllocator, Permission};
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
///
/// #[derive(Default)]
/// struct Counting(OsPageAllocator, AtomicUsize);
///
/// // SAFETY: every call is forwarded to `OsPageAllocator`, and nothing here panics.
/// unsafe impl PageAllocator for Counting {
///     fn allocate_page_size(&self) -> usize {
///         self.0.allocate_page_size()
///     }
///     fn commit_page_size(&self) -> usize {
///         self.0.commit_page_size()
///     }
///     fn allocate_pages(
///         &self,
///         hint: Option<usize>,
///         size: usize,
///         alignment: usize,
///         permission: Permission,
///     ) -> Result<usize, MemoryError> {
///         let address = self.0.allocate_pages(hint, size, alignment, permission)?;
///         self.1.fetch_add(size, Relaxed);
///         Ok(address)
///     }
///     unsafe fn free_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
///         // SAFETY: the caller's contract is the same; so below.
///         unsafe { self.0.free_pages(address, size) }?;
///         self.1.fetch_sub(size, Relaxed);
///         Ok(())
///     }
///     unsafe fn set_permissions(&self, address: usize, size: usize, permission: Permission) -> Result<(), MemoryError> {
///         unsafe { self.0.set_permissions(address, size, permission) }
///     }
///     unsafe fn discard_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
///         unsafe { self.0.discard_pages(address, size) }
///     }
///     unsafe fn decommit_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
///         unsafe { self.0.decommit_pages(address, size) }
///     }
/// }
///
/// let pages = Arc::new(Counting::default());
/// let isolate = Isolate::builder().page_allocator(pages.clone()).build()?;
/// assert!(pages.1.load(Relaxed) >= CAGE_SIZE);
/// drop(isolate);
/// assert_eq!(pages.1.load(Relaxed), 0);
/// # Ok::<(), heapwright::IsolateError>(())
/// ```
pub unsafe trait PageAllocator {
    /// The granularity of [`allocate_pages`](Self::allocate_pages), in bytes; a power of two and
    /// a multiple of [`commit_page_size`](Self::commit_page_size).
    fn allocate_page_size(&self) -> usize;

    /// The granularity of permissions, discarding and decommitting, in bytes; a power of two.
    fn commit_page_size(&self) -> usize;

    /// Gives `size` bytes at an address that is a multiple of `alignment`, near `hint` if the
    /// implementation can. `size` is a multiple of the allocate page size, and `alignment` a power
    /// of two, at least that.
    ///
    /// # Errors
    ///
    /// [`MemoryError::Map`] when there is no memory or no address space,
    /// [`MemoryError::InvalidRequest`] for sizes or alignments that break the rules above.
    fn allocate_pages(
        &self,
        hint: Option<usize>,
        size: usize,
        alignment: usize,
        permission: Permission,
    ) -> Result<usize, MemoryError>;

    /// Gives back a range, which must be what [`allocate_pages`](Self::allocate_pages) returned,
    /// or whole allocate pages of it.
    ///
    /// # Errors
    ///
    /// [`MemoryError::Unmap`]; the range then stays allocated.
    ///
    /// # Safety
    ///
    /// The range was allocated here and not freed since; nothing refers to it any more.
    unsafe fn free_pages(&self, address: usize, size: usize) -> Result<(), MemoryError>;

    /// Sets what may be done with the commit pages of a range. Contents stay, even while the
    /// permission is [`Permission::NoAccess`].
    ///
    /// # Errors
    ///
    /// [`MemoryError::Protect`], for instance when memory cannot be committed.
    ///
    /// # Safety
    ///
    /// The range lies in pages allocated here; no reference or running access to it needs a right
    /// that `permission` lacks.
    unsafe fn set_permissions(&self, address: usize, size: usize, permission: Permission) -> Result<(), MemoryError>;

    /// Gives the memory behind a range back while it stays accessible: its contents are lost, and
    /// the next access reads zero.
    ///
    /// # Errors
    ///
    /// [`MemoryError::Discard`].
    ///
    /// # Safety
    ///
    /// The range lies in pages allocated here; nobody relies on its contents.
    unsafe fn discard_pages(&self, address: usize, size: usize) -> Result<(), MemoryError>;

    /// Gives the memory behind a range back and takes all access away; the addresses stay
    /// reserved. After [`set_permissions`](Self::set_permissions) the range reads zero.
    ///
    /// # Errors
    ///
    /// [`MemoryError::Decommit`].
    ///
    /// # Safety
    ///
    /// The range lies in pages allocated here; nothing refers to it any more.
    unsafe fn decommit_pages(&self, address: usize, size: usize) -> Result<(), MemoryError>;
}

/// The operating system's pages: anonymous, private mappings.
///
/// ```
/// use heapwright::memory::{GB, MB, OsPageAllocator, PageAllocator, Permission};
///
/// let pages = OsPageAllocator::new();
/// let address = pages.allocate_pages(None, MB, 4 * GB, Permission::ReadWrite)?;
/// assert_eq!(address % (4 * GB), 0);
/// let word = std::ptr::with_exposed_provenance_mut::<u64>(address);
/// // SAFETY: the pages are ours, accessible while they are accessed, and not used after they are freed.
/// unsafe {
///     word.write(1);
///     pages.discard_pages(address, MB)?;
///     assert_eq!(word.read(), 0);
///     pages.set_permissions(address, MB, Permission::NoAccess)?;
///     pages.free_pages(address, MB)?;
/// }
/// # Ok::<(), heapwright::memory::MemoryError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct OsPageAllocator {
    page_size: usize,
}

impl OsPageAllocator {
    /// The allocator for this machine's page size.
    #[must_use]
    pub fn new() -> Self {
        Self { page_size: rustix::param::page_size() }
    }

    /// Maps `size` bytes wherever the kernel likes, `hint` permitting.
    fn map(hint: Option<usize>, size: usize, alignment: usize, permission: Permission) -> Result<usize, MemoryError> {
        let hint = hint.map_or(null_mut(), with_exposed_provenance_mut);
        let mut flags = MapFlags::PRIVATE;
        // Address space that nobody can touch must not count against the commit limit.
        flags.set(MapFlags::NORESERVE, permission == Permission::NoAccess);
        // SAFETY: without MAP_FIXED the kernel picks a range that overlaps no mapping, so no
        // memory anyone has is touched; the hint is only a wish.
        unsafe { mm::mmap_anonymous(hint, size, prot_flags(permission), flags) }
            .map(<*mut c_void>::expose_provenance)
            .map_err(|errno| MemoryError::Map { size, alignment, permission, source: errno.into() })
    }

    /// Maps memory that is used as a whole, from its start on. Pages cost memory when they are touched.
    fn map_whole(size: usize, alignment: usize) -> Result<usize, MemoryError> {
        let permission = Permission::ReadWrite;
        let mapped = MmapOptions::new().len(size).no_reserve_swap().map_anon();
        let mapped = mapped.map_err(|source| MemoryError::Map { size, alignment, permission, source })?;
        let mapped = core::mem::ManuallyDrop::new(MmapRaw::from(mapped)); // `unmap` frees it
        Ok(mapped.as_mut_ptr().expose_provenance())
    }

    /// Takes a range out of the address space; an empty one is left alone.
    ///
    /// # Safety
    ///
    /// The range is mapped by this allocator, and nothing refers to it any more.
    unsafe fn unmap(region: AddressRegion) -> Result<(), MemoryError> {
        if region.is_empty() {
            return Ok(());
        }
        let (address, size) = (region.begin(), region.size());
        // SAFETY: the caller promises that the range is ours and unused.
        unsafe { mm::munmap(with_exposed_provenance_mut(address), size) }.map_err(|errno| MemoryError::Unmap {
            address,
            size,
            source: errno.into(),
        })
    }

    /// Maps more than asked, so that an aligned range must lie in it, and unmaps the rest.
    fn map_aligned(&self, size: usize, alignment: usize, permission: Permission) -> Result<usize, MemoryError> {
        let padded = size.checked_add(alignment - self.page_size).ok_or_else(|| self.invalid(size, alignment))?;
        let mapped = AddressRegion::new(Self::map(None, padded, alignment, permission)?, padded);
        let begin = mapped.begin().next_multiple_of(alignment);
        let end = begin + size;
        let trim = [
            (AddressRegion::new(mapped.begin(), begin - mapped.begin()), mapped),
            (AddressRegion::new(end, mapped.end() - end), AddressRegion::new(begin, mapped.end() - begin)),
        ];
        for (surplus, still_mapped) in trim {
            // SAFETY: `surplus` is part of the mapping made above, which nobody has seen yet.
            if let Err(error) = unsafe { Self::unmap(surplus) } {
                // SAFETY: as above, and `still_mapped` leaves out what was already unmapped, which
                // another thread may own by now.
                let _ = unsafe { Self::unmap(still_mapped) };
                return Err(error);
            }
        }
        Ok(begin)
    }

    fn invalid(&self, size: usize, alignment: usize) -> MemoryError {
        MemoryError::InvalidRequest { size, alignment, page_size: self.page_size }
    }
}

impl Default for OsPageAllocator {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: ranges come from anonymous mmap, which hands out zeroed pages of nobody else and is
// never given MAP_FIXED except over the caller's own pages; `map` exposes each range's provenance;
// `allocate_pages` returns only addresses that are multiples of the alignment.
unsafe impl PageAllocator for OsPageAllocator {
    fn allocate_page_size(&self) -> usize {
        self.page_size
    }

    fn commit_page_size(&self) -> usize {
        self.page_size
    }

    fn allocate_pages(
        &self,
        hint: Option<usize>,
        size: usize,
        alignment: usize,
        permission: Permission,
    ) -> Result<usize, MemoryError> {
        let valid = size > 0
            && size.is_multiple_of(self.page_size)
            && alignment.is_power_of_two()
            && alignment >= self.page_size;
        if !valid {
            return Err(self.invalid(size, alignment));
        }
        if alignment > self.page_size && hint.is_none() {
            return self.map_aligned(size, alignment, permission);
        }
        if permission == Permission::ReadWrite && hint.is_none() {
            return Self::map_whole(size, alignment);
        }
        let hint = hint.map(|hint| hint & !(alignment - 1));
        let address = Self::map(hint, size, alignment, permission)?;
        if address.is_multiple_of(alignment) {
            return Ok(address);
        }
        // SAFETY: mapped by the call above and seen by nobody else.
        unsafe { Self::unmap(AddressRegion::new(address, size)) }?;
        self.map_aligned(size, alignment, permission)
    }

    unsafe fn free_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        // SAFETY: the caller upholds the trait's contract: allocated here, no longer referred to.
        unsafe { Self::unmap(AddressRegion::new(address, size)) }
    }

    unsafe fn set_permissions(&self, address: usize, size: usize, permission: Permission) -> Result<(), MemoryError> {
        let pointer = with_exposed_provenance_mut(address);
        // SAFETY: the caller promises that the range is ours and that no access to it needs a
        // right that is taken away.
        unsafe { mm::mprotect(pointer, size, mprotect_flags(permission)) }.map_err(|errno| MemoryError::Protect {
            address,
            size,
            permission,
            source: errno.into(),
        })
    }

    unsafe fn discard_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        let pointer = with_exposed_provenance_mut(address);
        // SAFETY: the caller promises that the range is ours and its contents are not needed; on
        // private anonymous memory MADV_DONTNEED replaces them by zeroes.
        unsafe { mm::madvise(pointer, size, Advice::LinuxDontNeed) }.map_err(|errno| MemoryError::Discard {
            address,
            size,
            source: errno.into(),
        })
    }

    unsafe fn decommit_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        // One call that replaces the pages is atomic and returns the commit charge, which
        // mprotect and madvise together do not.
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
        let pointer = with_exposed_provenance_mut(address);
        // SAFETY: MAP_FIXED replaces exactly the caller's own range, which the caller promises
        // nothing refers to.
        unsafe { mm::mmap_anonymous(pointer, size, ProtFlags::empty(), flags) }
            .map(|mapped| debug_assert_eq!(mapped.expose_provenance(), address))
            .map_err(|errno| MemoryError::Decommit { address, size, source: errno.into() })
    }
}

fn prot_flags(permission: Permission) -> ProtFlags {
    let mut flags = ProtFlags::empty();
    flags.set(ProtFlags::READ, permission.is_readable());
    flags.set(ProtFlags::WRITE, permission.is_writable());
    flags.set(ProtFlags::EXEC, permission.is_executable());
    flags
}

fn mprotect_flags(permission: Permission) -> MprotectFlags {
    let mut flags = MprotectFlags::empty();
    flags.set(MprotectFlags::READ, permission.is_readable());
    flags.set(MprotectFlags::WRITE, permission.is_writable());
    flags.set(MprotectFlags::EXEC, permission.is_executable());
    flags
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{CHUNK_SIZE, GB, MB};

    /// The access column of `/proc/self/maps` for the mapping that holds `address`.
    fn access_of(address: usize) -> Option<String> {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        maps.lines().find_map(|line| {
            let (range, rest) = line.split_once(' ')?;
            let (begin, end) = range.split_once('-')?;
            let begin = usize::from_str_radix(begin, 16).unwrap();
            let end = usize::from_str_radix(end, 16).unwrap();
            (begin..end).contains(&address).then(|| rest[..3].to_owned())
        })
    }

    fn word(address: usize) -> *mut u64 {
        with_exposed_provenance_mut(address)
    }

    #[test]
    fn each_permission_reaches_the_kernel() {
        let pages = OsPageAllocator::new();
        let size = pages.allocate_page_size();
        for permission in [
            Permission::NoAccess,
            Permission::Read,
            Permission::ReadWrite,
            Permission::ReadExecute,
            Permission::ReadWriteExecute,
        ] {
            let address = pages.allocate_pages(None, size, size, permission).unwrap();
            assert_eq!(access_of(address), Some(permission.to_string()));
            // SAFETY: allocated above; no references exist.
            unsafe {
                pages.set_permissions(address, size, Permission::Read).unwrap();
                assert_eq!(access_of(address).as_deref(), Some("r--"));
                pages.set_permissions(address, size, permission).unwrap();
                assert_eq!(access_of(address), Some(permission.to_string()));
                pages.free_pages(address, size).unwrap();
            }
        }
    }

    #[test]
    fn alignment_is_kept_and_the_padding_trimmed() {
        let pages = OsPageAllocator::new();
        for alignment in [pages.allocate_page_size(), CHUNK_SIZE, MB, 4 * GB] {
            let size = 3 * CHUNK_SIZE;
            for hint in [None, Some(0x1234_5678_9abc)] {
                let address = pages.allocate_pages(hint, size, alignment, Permission::NoAccess).unwrap();
                assert_eq!(address % alignment, 0);
                assert!(access_of(address).is_some());
                assert!(access_of(address + size - 1).is_some());
                // SAFETY: allocated above; no references exist.
                unsafe { pages.free_pages(address, size).unwrap() };
            }
        }
    }

    #[test]
    fn hint_is_followed_where_free() {
        let pages = OsPageAllocator::new();
        let hint = 0x2345_0000_0000;
        let address = pages.allocate_pages(Some(hint), CHUNK_SIZE, CHUNK_SIZE, Permission::NoAccess).unwrap();
        assert_eq!(address, hint);
        let other = pages.allocate_pages(Some(hint), CHUNK_SIZE, CHUNK_SIZE, Permission::NoAccess).unwrap();
        assert_ne!(other, hint);
        // SAFETY: both allocated above; no references exist.
        unsafe {
            pages.free_pages(address, CHUNK_SIZE).unwrap();
            pages.free_pages(other, CHUNK_SIZE).unwrap();
        }
    }

    #[test]
    fn discarded_and_decommitted_pages_read_zero() {
        let pages = OsPageAllocator::new();
        let address = pages.allocate_pages(None, CHUNK_SIZE, CHUNK_SIZE, Permission::ReadWrite).unwrap();
        // SAFETY: the range was allocated above, is accessed only here, through raw pointers, and
        // only while it is readable and writable.
        unsafe {
            assert_eq!(word(address).read(), 0);
            word(address).write(7);
            pages.discard_pages(address, CHUNK_SIZE).unwrap();
            assert_eq!(access_of(address).as_deref(), Some("rw-"));
            assert_eq!(word(address).read(), 0);
            word(address).write(8);
            pages.decommit_pages(address, CHUNK_SIZE).unwrap();
            assert_eq!(access_of(address).as_deref(), Some("---"));
            pages.set_permissions(address, CHUNK_SIZE, Permission::ReadWrite).unwrap();
            assert_eq!(word(address).read(), 0);
            pages.free_pages(address, CHUNK_SIZE).unwrap();
        }
    }

    #[test]
    fn impossible_requests_are_errors() {
        let pages = OsPageAllocator::new();
        let page = pages.allocate_page_size();
        let top = usize::MAX & !(page - 1);
        for (size, alignment) in [(0, page), (1, page), (page, 3), (page, 1), (top, GB)] {
            let error = pages.allocate_pages(None, size, alignment, Permission::NoAccess).unwrap_err();
            assert!(matches!(error, MemoryError::InvalidRequest { .. }), "{error}");
        }
        let error = pages.allocate_pages(None, top, page, Permission::NoAccess).unwrap_err();
        assert!(matches!(error, MemoryError::Map { size, .. } if size == top), "{error}");
    }
}
