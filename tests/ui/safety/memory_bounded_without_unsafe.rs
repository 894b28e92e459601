//! Two allocators of one range would hand out the same pages, so making one is unsafe.

use heapwright::memory::{BoundedPageAllocator, CHUNK_SIZE, VirtualMemory};
use std::sync::Arc;

fn attack(memory: Arc<VirtualMemory>) {
    let range = memory.region();
    let _first = BoundedPageAllocator::new(memory.clone(), range, CHUNK_SIZE);
}

fn main() {}
