//! What threads share as bits is a bit field.

use heapwright::AtomicBits;

struct Plain(u32);

fn share(_: &AtomicBits<Plain>) {}

fn main() {}
