//! A class begins with the fields of the one above it, which are aligned where that says.
use heapwright::prelude::*;

#[heap_object(align = double, abstract)]
struct Wide {
    lane: Smi,
    padding: OptionalPadding<8>,
    bits: u64,
}

#[heap_object(extends = Wide)]
struct Between {
    more: Smi,
}

#[heap_object(extends = Wide, align = double_unaligned)]
struct Narrow {
    more: Smi,
}

#[heap_object(align = double_unaligned, open)]
struct Number {
    value: f64,
}

#[heap_object(extends = Number, align = double)]
struct Complex {
    padding: Padding<4>,
    padding2: OptionalPadding<4>,
    imaginary: f64,
}

fn main() {}
