//! Pages that something may refer to are not given back by safe code.

use heapwright::memory::{OsPageAllocator, PageAllocator, Permission};

fn main() {
    let pages = OsPageAllocator::new();
    let size = pages.allocate_page_size();
    let address = pages.allocate_pages(None, size, size, Permission::ReadWrite).unwrap();
    pages.free_pages(address, size).unwrap();
}
