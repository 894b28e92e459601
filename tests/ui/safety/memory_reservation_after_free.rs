//! A reservation that was given back, or has moved elsewhere, is not used any more.

use heapwright::memory::{CHUNK_SIZE, VirtualMemory};

fn main() {
    let memory = VirtualMemory::reserve(CHUNK_SIZE, CHUNK_SIZE, None).unwrap();
    memory.free().unwrap();
    memory.address();
    let memory = VirtualMemory::reserve(CHUNK_SIZE, CHUNK_SIZE, None).unwrap();
    let _moved = memory;
    memory.free().unwrap();
}
