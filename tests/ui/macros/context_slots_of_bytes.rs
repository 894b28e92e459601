//! Slots are elements of any tagged value, which can be set.

use heapwright::{context_slots, prelude::*};

#[heap_object]
struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    bytes: [u8],
}

context_slots! {
    impl Bytes::bytes {
        first: Any,
    }
}

fn main() {}
