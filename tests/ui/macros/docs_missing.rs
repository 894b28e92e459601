//! Who denies missing docs sees the field that lacks them, not the accessor.
#![deny(missing_docs)]

use heapwright::prelude::*;

/// A point.
#[heap_object]
pub struct Point {
    pub x: Smi,
    /// Documented.
    pub y: Smi,
}

fn main() {}
