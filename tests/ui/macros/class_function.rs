//! The attribute on what is no type at all.

use heapwright::prelude::*;

#[heap_object]
fn shape() {}

fn main() {}
