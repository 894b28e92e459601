//! To say that a type is plain data is unsafe.

struct Fake;

impl heapwright::tagged::RawValue for Fake {}

fn main() {}
