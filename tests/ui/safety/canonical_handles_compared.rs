//! Canonical handles of two scopes are different handles, whatever their objects: they cannot be compared.

use heapwright::{CanonicalHandle, prelude::*};

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack<'a, 'b>(a: CanonicalHandle<'a, Point>, b: CanonicalHandle<'b, Point>) -> bool {
    a == b
}

fn main() {}
