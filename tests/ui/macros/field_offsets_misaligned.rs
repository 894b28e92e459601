//! A list that leaves a hole: the first field that is not aligned is reported, with the bytes that are missing.

use heapwright::{field_offsets, tagged::TAGGED_SIZE};

struct Script;

impl Script {
    field_offsets! {
        from TAGGED_SIZE;
        source: TAGGED_SIZE,
        kind: 1,
        flags: 4,
        hash: 8,
    }
}

fn main() {}
