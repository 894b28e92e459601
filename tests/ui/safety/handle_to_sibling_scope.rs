//! A handle of one inner scope cannot be read with the next one.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>) -> i32 {
    let point = {
        let mut first = scope.nested();
        Point::new(&mut first, PointInit { x: 1, next: Nil })
    };
    let second = scope.nested();
    point.get(&second).x()
}

fn main() {}
