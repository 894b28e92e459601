//! Constant elements have no setter.

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
    bytes.set_data(0, 1);
}

fn main() {}
