//! To say that a type may stand in a tagged field is unsafe.

struct Fake;

impl heapwright::TaggedType for Fake {}

fn main() {}
