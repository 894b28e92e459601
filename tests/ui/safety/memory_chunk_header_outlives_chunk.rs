//! A chunk's header does not outlive its owner, whose pages may be gone with the allocator.

use heapwright::SpaceId;
use heapwright::memory::{Cage, MB, MemoryAllocator, MemoryChunk};

fn attack() -> &'static MemoryChunk {
    let mut memory = MemoryAllocator::new(Cage::new().unwrap(), MB);
    let chunk = memory.allocate_page(SpaceId::Old).unwrap();
    &chunk
}

fn main() {}
