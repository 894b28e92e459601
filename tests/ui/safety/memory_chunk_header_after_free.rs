//! What a chunk's header says is read while the chunk is owned, not when it was given back.

use heapwright::SpaceId;
use heapwright::memory::{MemoryAllocator, MemoryChunk};

fn attack(memory: &mut MemoryAllocator) {
    let chunk = memory.allocate_page(SpaceId::Old).unwrap();
    let header: &MemoryChunk = &chunk;
    memory.free(chunk);
    header.size();
}

fn main() {}
