//! To say that a type is a bit field is unsafe.

use heapwright::prelude::*;

struct Fake;

impl heapwright::Bitfield for Fake {}

fn main() {}
