//! Elements are admitted one by one.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

#[heap_object]
struct Path {
    #[constant]
    length: Smi,
    #[length = length]
    points: [Tagged<Point>],
}

fn attack(scope: &mut HandleScope<'_>, path: Handle<'_, Path>) {
    Path::new(scope, PathInit { points: &[path, path] });
}

fn main() {}
