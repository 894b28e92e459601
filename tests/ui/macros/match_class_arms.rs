//! An arm names a class and binds the object as a whole; the arm for all others comes last.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    y: Smi,
}

fn f(value: Tagged<'_, Any>) -> i32 {
    match_class!(match value {
        Point => 1,
        Point(x, y) => x + y,
        Point(point) | Smi(n) => 1,
        #[exactly]
        other => 2,
        #[inline]
        Point { x, .. } => x,
        _ => 3,
    })
}

fn main() {}
