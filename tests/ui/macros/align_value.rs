//! A class is aligned to a tagged word, or to 8 bytes in one of two ways.
use heapwright::prelude::*;

#[heap_object(align = 8)]
struct Eight {
    value: f64,
}

#[heap_object(align = 16)]
struct Sixteen {
    value: Smi,
}

#[heap_object(align = 4)]
struct Four {
    value: Smi,
}

#[heap_object(align = word)]
struct Word {
    value: Smi,
}

#[heap_object(align = duble)]
struct Misspelt {
    value: Smi,
}

#[heap_object(align = quad)]
struct Unknown {
    value: Smi,
}

#[heap_object(align = "double")]
struct Quoted {
    value: Smi,
}

#[heap_object(open, align = double, align = double)]
struct Twice {
    value: Smi,
}

fn main() {}
