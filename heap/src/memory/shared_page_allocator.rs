//! Owns [`SharedPageAllocator`]: the page allocator of one isolate, which its cage and its tables share. Promises to
//! forward every call as it is.
//!
//! V8 counterpart: `v8::Platform::GetPageAllocator`, which is one for the process; here each isolate may have its own.

use std::sync::Arc;

use super::{MemoryError, OsPageAllocator, PageAllocator, Permission};

/// A page allocator that has several owners; that of the operating system by default.
///
/// Costs an indirect call for each system call, and nothing else. An isolate makes one of what is given to
/// [`IsolateBuilder::page_allocator`](crate::IsolateBuilder::page_allocator).
///
/// ```
/// use heapwright::memory::{Cage, FaultyPageAllocator, SharedPageAllocator};
/// use std::sync::Arc;
///
/// let pages = Arc::new(FaultyPageAllocator::default());
/// let cage = Cage::new_in(SharedPageAllocator::new(pages.clone()))?;
/// assert_eq!(pages.mapped(), cage.size());
/// # Ok::<(), heapwright::memory::MemoryError>(())
/// ```
#[derive(Clone)]
pub struct SharedPageAllocator(Arc<dyn PageAllocator + Send + Sync>);

impl SharedPageAllocator {
    /// Shares `pages`, which the caller may keep too.
    #[must_use]
    pub fn new(pages: Arc<dyn PageAllocator + Send + Sync>) -> Self {
        Self(pages)
    }
}

impl Default for SharedPageAllocator {
    fn default() -> Self {
        Self(Arc::new(OsPageAllocator::new()))
    }
}

impl core::fmt::Debug for SharedPageAllocator {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SharedPageAllocator")
            .field("allocate_page_size", &self.allocate_page_size())
            .field("commit_page_size", &self.commit_page_size())
            .finish_non_exhaustive()
    }
}

// SAFETY: every call is forwarded to one allocator, which upholds the contract.
unsafe impl PageAllocator for SharedPageAllocator {
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
        self.0.allocate_pages(hint, size, alignment, permission)
    }

    unsafe fn free_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        // SAFETY: the caller's contract is the same.
        unsafe { self.0.free_pages(address, size) }
    }

    unsafe fn set_permissions(&self, address: usize, size: usize, permission: Permission) -> Result<(), MemoryError> {
        // SAFETY: the caller's contract is the same.
        unsafe { self.0.set_permissions(address, size, permission) }
    }

    unsafe fn discard_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        // SAFETY: the caller's contract is the same.
        unsafe { self.0.discard_pages(address, size) }
    }

    unsafe fn decommit_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        // SAFETY: the caller's contract is the same.
        unsafe { self.0.decommit_pages(address, size) }
    }
}
