//! Fields have names.

use heapwright::prelude::*;

#[heap_object]
struct Pair(Smi, Smi);

fn main() {}
