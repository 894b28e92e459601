//! A length is written when the object is made, and never again.

use heapwright::prelude::*;

#[heap_object]
struct Bytes {
    #[constant]
    length: Smi,
    #[constant]
    #[length = length]
    data: [u8],
}

fn attack(bytes: &Bytes) {
    bytes.set_length(1 << 20);
}

fn main() {}
