//! The header of a chunk is written without locks, so a chunk stays with its thread.

use heapwright::SpaceId;
use heapwright::memory::MemoryAllocator;

fn attack(memory: &mut MemoryAllocator) {
    let chunk = memory.allocate_page(SpaceId::Old).unwrap();
    std::thread::spawn(move || chunk.top());
}

fn main() {}
