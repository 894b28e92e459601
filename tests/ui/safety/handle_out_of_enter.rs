//! A handle of the outermost scope borrows the isolate: it cannot be entered again while the handle is used.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(isolate: &mut Isolate) -> i32 {
    let point = {
        let mut scope = isolate.enter();
        Point::new(&mut scope, PointInit { x: 1, next: Nil })
    };
    let scope = isolate.enter();
    point.get(&scope).x()
}

fn main() {}
