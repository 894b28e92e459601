//! Access that something may need is not taken away by safe code, nor is what it reads discarded.

use heapwright::memory::{Permission, VirtualMemory};

fn attack(memory: &VirtualMemory) {
    let _ = memory.set_permissions(memory.address(), memory.size(), Permission::NoAccess);
    let _ = memory.discard(memory.address(), memory.size());
}

fn main() {}
