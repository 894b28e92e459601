//! A free list writes into the blocks it is given, so giving it one is unsafe.

use heapwright::spaces::FreeList;

fn main() {
    let mut list = FreeList::new();
    FreeList::format_block(4096, 64);
    list.free(4096, 64);
}
