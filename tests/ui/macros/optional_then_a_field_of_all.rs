//! Fields that every object has come before those that only some have.
use heapwright::prelude::*;

#[heap_object]
pub struct Info {
    #[constant]
    count: Smi,
    #[present_if = count > 3]
    extra: Tagged<Any>,
    name: Tagged<Any>,
}

fn main() {}
