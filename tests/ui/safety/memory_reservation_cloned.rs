//! A reservation has one owner: its pages would be given back twice.

use heapwright::memory::VirtualMemory;

fn attack(memory: &VirtualMemory) -> VirtualMemory {
    VirtualMemory::clone(memory)
}

fn main() {}
