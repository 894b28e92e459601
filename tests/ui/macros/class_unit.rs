//! A class without fields has braces.

use heapwright::prelude::*;

#[heap_object]
struct Nothing;

fn main() {}
