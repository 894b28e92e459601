//! Access to a chunk changes when nobody looks at it.

use heapwright::memory::{MemoryAllocator, OwnedChunk};

fn attack(memory: &mut MemoryAllocator, mut chunk: OwnedChunk) {
    let header = &*chunk;
    memory.seal_chunk(&mut chunk).unwrap();
    header.size();
}

fn main() {}
