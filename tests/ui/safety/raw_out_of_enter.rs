//! A reference does not outlive the scope that the isolate was entered with.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(isolate: &mut Isolate) -> i32 {
    let raw = {
        let mut scope = isolate.enter();
        let point = Point::new(&mut scope, PointInit { x: 1, next: Nil });
        point.get(&scope)
    };
    raw.x()
}

fn main() {}
