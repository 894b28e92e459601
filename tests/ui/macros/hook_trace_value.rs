//! Tracing is custom or made from the declaration.

use heapwright::prelude::*;

#[heap_object(trace = trace_frame)]
struct Frame {
    x: Smi,
}

fn main() {}
