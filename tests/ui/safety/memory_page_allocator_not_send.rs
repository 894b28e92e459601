//! An isolate may go to another thread, and its page allocator with it.

use heapwright::Isolate;
use heapwright::memory::{OsPageAllocator, PageAllocator};
use std::sync::Arc;

fn attack(pages: impl PageAllocator + 'static) {
    let _ = Isolate::builder().page_allocator(Arc::new(pages));
}

fn main() {
    attack(OsPageAllocator::new());
}
