//! Nor can one be followed without `unsafe`.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(word: heapwright::tagged::Word) -> &'static Point {
    word.as_object()
}

fn main() {}
