//! What is 8 bytes wide in a class that asks for alignment has to be where it gets it.
use heapwright::prelude::*;

/// The value would be at byte 4.
#[heap_object(align = double)]
struct Number {
    value: f64,
}

/// And here at byte 8, of an object that begins 4 bytes beyond a multiple of 8.
#[heap_object(align = double_unaligned)]
struct Shifted {
    kind: Smi,
    value: f64,
}

#[heap_object(align = double)]
struct Samples {
    #[constant]
    length: Smi,
    kind: Smi,
    #[length = length]
    data: [f64],
}

#[heap_object(align = double_unaligned)]
struct Words {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u64],
}

/// However many indices there are, the data has to be aligned.
#[heap_object(align = double)]
struct Table {
    #[constant]
    length: Smi,
    #[length = length]
    index: [u32],
    #[length = length]
    data: [u64],
}

/// The class says nothing: any tagged word will do.
#[heap_object]
struct Packed {
    value: f64,
    padding: OptionalPadding<0>,
    #[constant]
    length: Smi,
    #[length = length]
    data: [f64],
}

fn main() {}
