//! HOLE: the macro believes that `u8` has one byte and emits a slice of it, but the name can be shadowed: a slice of `u64`
//! that is aligned to 4. Generated code should say `::core::primitive::u8`, or prove the size.
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
