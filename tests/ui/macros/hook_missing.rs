//! A hook that is no path, one without a value, one too many.

use heapwright::prelude::*;

#[heap_object(print = |point, f| Ok(()))]
struct Closure {}

#[heap_object(verify)]
struct Unnamed {}

#[heap_object(print = a, print = b)]
struct Twice {}

fn main() {}
