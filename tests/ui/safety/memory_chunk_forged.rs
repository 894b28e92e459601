//! Chunks come from allocators: nobody else makes a header of an address.

use heapwright::memory::MemoryChunk;

fn attack(address: usize) -> usize {
    MemoryChunk::of(address).size()
}

fn main() {}
