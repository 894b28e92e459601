//! Only numbers make lengths; all fields are inherited anyway.
use heapwright::prelude::*;

#[heap_object(abstract)]
pub struct Base {
    name: Tagged<Any>,
}

#[heap_object(extends = Base, inherits(name: Tagged<Any>))]
pub struct Array {}

#[heap_object(extends = Base, inherits = name)]
pub struct Other {}

fn main() {}
