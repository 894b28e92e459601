//! All that is wrong is reported at once.

use heapwright::prelude::*;

#[heap_object(extend = HeapObject)]
#[derive(Clone)]
struct Wrong {
    #[constnat]
    a: Smi,
    b: Weak<Smi>,
    c: String,
    map: Smi,
    #[relaxed]
    #[acquire_release]
    d: u32,
    #[length = size]
    e: [Tagged<Any>],
}

#[bitfield(u8)]
struct WrongToo {
    #[bits(2)]
    a: bool,
    #[bits(9)]
    b: u8,
    c: u8,
}

fn main() {}
