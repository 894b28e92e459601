//! A shadowed primitive: generated code says `::core::primitive::u8`, so the elements have one byte whatever `u8` means
//! here, and it is the use as `u64` that does not compile.
#![allow(non_camel_case_types)]

use heapwright::prelude::*;

type u8 = u64;

#[heap_object]
struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

fn attack(bytes: &Bytes) -> &[std::cell::Cell<u64>] {
    bytes.data_slice()
}

fn main() {}
