//! The link is a weak field of the referent, for referents of the same class.

use heapwright::prelude::*;

#[heap_object]
struct Node {
    strong: Tagged<Option<Node>>,
    list: Weak<List>,
}

#[heap_object]
struct List {
    #[splice = next]
    head: Weak<Node>,
    #[splice = strong]
    strong_head: Weak<Node>,
    #[splice = list]
    list_head: Weak<Node>,
}

fn main() {}
