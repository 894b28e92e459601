//! It matches classes, of references and tagged values; a handle is read first.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
}

struct Plain;

fn f(value: Tagged<'_, Any>) -> i32 {
    match_class!(match value {
        Plain(_) => 1,
        _ => 2,
    })
}

fn g(value: Handle<'_, Point>) -> i32 {
    match_class!(match value {
        Point(point) => point.x(),
    })
}

fn main() {}
