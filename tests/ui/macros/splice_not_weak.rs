//! Only a weak field has a referent that dies before it.

use heapwright::prelude::*;

#[heap_object]
struct Node {
    #[splice = next]
    next: Tagged<Option<Node>>,
    #[splice = next]
    #[constant]
    length: Smi,
    #[length = length]
    #[splice = next]
    elements: [Weak<Node>],
}

fn main() {}
