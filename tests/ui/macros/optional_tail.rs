//! A tail may be empty by its length; a condition is for one value.
use heapwright::prelude::*;

#[heap_object]
pub struct Info {
    #[constant]
    count: Smi,
    #[length = count]
    #[present_if = count > 3]
    extra: [Tagged<Any>],
    #[present_if = count > 3]
    more: [Tagged<Any>],
    #[present_if]
    value: Smi,
}

fn main() {}
