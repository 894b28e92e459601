//! HOLE: the number of bytes of a padding is cut to 32 bits in the layout, and not in the struct: `&Padded` claims 4 GiB
//! of memory, of which the heap allocates 8 bytes. A class's `size_of` should be held against its `SIZE`.

use heapwright::prelude::*;

const BYTES: usize = (1 << 32) + 4;

#[heap_object]
struct Padded {
    hole: Padding<BYTES>,
}

const _: () = assert!(Padded::SIZE < 100 && size_of::<Padded>() > 1 << 32);

fn main() {}
