//! The link is named by its name alone.

use heapwright::prelude::*;

#[heap_object]
struct Node {
    #[splice]
    next: Weak<Node>,
    #[splice = "next"]
    other: Weak<Node>,
    #[splice = next]
    #[splice = other]
    third: Weak<Node>,
    #[splise = next]
    fourth: Weak<Node>,
}

fn main() {}
