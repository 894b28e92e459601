//! A union has two to six members.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    none: Tagged<()>,
    one: Tagged<(Point,)>,
    seven: Tagged<(Point, Smi, A, B, C, D, E)>,
    twice: Tagged<(Point, Point)>,
    any: Tagged<(Point, Any)>,
    optional: Tagged<Option<(Point, Smi)>>,
}

fn main() {}
