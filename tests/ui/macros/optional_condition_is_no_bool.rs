//! A condition is true or false.
use heapwright::prelude::*;

#[heap_object]
pub struct Info {
    #[constant]
    count: Smi,
    #[present_if = count]
    extra: Tagged<Any>,
}

fn main() {}
