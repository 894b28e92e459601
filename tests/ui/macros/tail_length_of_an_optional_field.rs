//! An optional field may be absent, so a length says what that means.
use heapwright::prelude::*;

#[heap_object]
pub struct Table {
    #[constant]
    with_rest: bool,
    padding: Padding<3>,
    padding_2: OptionalPadding<4>,
    #[constant]
    #[present_if = with_rest]
    rest: Smi,
    #[length = rest]
    entries: [Tagged<Any>],
}

fn main() {}
