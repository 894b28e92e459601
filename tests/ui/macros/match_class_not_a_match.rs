//! The macro holds a whole `match`.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
}

fn f(value: Tagged<'_, Any>) -> i32 {
    match_class!(value, { Point(p) => p.x() })
}

fn g(value: Tagged<'_, Any>) -> i32 {
    match_class!(value.as_smi())
}

fn main() {}
