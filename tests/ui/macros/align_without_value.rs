//! `align` says to what.
use heapwright::prelude::*;

#[heap_object(align)]
struct Alone {
    value: Smi,
}

#[heap_object(align(8))]
struct Parentheses {
    value: Smi,
}

#[heap_object(align =)]
struct Nothing {
    value: Smi,
}

#[heap_object(align =, copy)]
struct NothingBeforeMore {
    value: Smi,
}

fn main() {}
