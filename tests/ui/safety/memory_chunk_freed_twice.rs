//! A chunk is given back once.

use heapwright::SpaceId;
use heapwright::memory::MemoryAllocator;

fn attack(memory: &mut MemoryAllocator) {
    let chunk = memory.allocate_page(SpaceId::Old).unwrap();
    memory.free(chunk);
    memory.free(chunk);
}

fn main() {}
