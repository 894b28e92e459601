//! Maps are not copied, nor does `copy` take a value.

use heapwright::{Map, prelude::*};

#[heap_object(extends = Map, copy, factory = none)]
struct RichMap {}

#[heap_object(copy = deep)]
struct Deep {}

fn main() {}
