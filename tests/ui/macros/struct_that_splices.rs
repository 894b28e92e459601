//! Lists that close up run through fields of classes.
use heapwright::prelude::*;

#[heap_struct]
pub struct Link {
    #[splice = next]
    next: Weak<Member>,
}

#[heap_object]
pub struct Member {
    #[splice = next]
    next: Weak<Member>,
    link: Inline<Link>,
}

fn main() {}
