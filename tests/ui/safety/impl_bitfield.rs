//! To say that a type is a bit field is unsafe.

struct Fake;

impl heapwright::Bitfield for Fake {}

fn main() {}
