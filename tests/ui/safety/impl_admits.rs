//! To say what a slot admits is unsafe.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

struct Fake;

impl heapwright::Admits<Point, ()> for Fake {
    fn word(&self) -> heapwright::tagged::Word {
        heapwright::tagged::Word::ZERO
    }
}

fn main() {}
