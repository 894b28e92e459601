//! To say that a type is plain data is unsafe.

use heapwright::prelude::*;

struct Fake;

impl heapwright::tagged::RawValue for Fake {}

fn main() {}
