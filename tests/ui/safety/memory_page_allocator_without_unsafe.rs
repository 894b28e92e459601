//! Who brings a page allocator vouches for the pages, which the heap turns into objects: that takes `unsafe`.

use heapwright::memory::{MemoryError, PageAllocator, Permission};

struct Zero;

impl PageAllocator for Zero {
    fn allocate_page_size(&self) -> usize {
        4096
    }
    fn commit_page_size(&self) -> usize {
        4096
    }
    fn allocate_pages(&self, _: Option<usize>, _: usize, _: usize, _: Permission) -> Result<usize, MemoryError> {
        Ok(0)
    }
    unsafe fn free_pages(&self, _: usize, _: usize) -> Result<(), MemoryError> {
        Ok(())
    }
    unsafe fn set_permissions(&self, _: usize, _: usize, _: Permission) -> Result<(), MemoryError> {
        Ok(())
    }
    unsafe fn discard_pages(&self, _: usize, _: usize) -> Result<(), MemoryError> {
        Ok(())
    }
    unsafe fn decommit_pages(&self, _: usize, _: usize) -> Result<(), MemoryError> {
        Ok(())
    }
}

fn main() {}
