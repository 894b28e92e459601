//! A slice of constant elements cannot be written.

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
    bytes.data_slice()[0] = 1;
}

fn main() {}
