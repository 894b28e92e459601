//! A raw field is a primitive: other types may hold what the collector cannot see.

use heapwright::prelude::*;

struct Plain(u32);

#[heap_object]
struct Holder {
    plain: Plain,
}



fn main() {}
