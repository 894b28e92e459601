//! Only what is stored is called `value`.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    #[checked(get = value > 0)]
    x: Smi,
}

fn main() {}
