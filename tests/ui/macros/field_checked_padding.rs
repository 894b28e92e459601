//! Padding has no accessors.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    #[checked(get = true)]
    #[observed]
    pad: Padding<8>,
}

fn main() {}
