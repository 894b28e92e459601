//! Roots that were visited show where objects lay then.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

fn attack(scope: &mut HandleScope<'_>) -> usize {
    let mut roots = Vec::new();
    scope.visit_roots(|root| roots.push(root));
    Point::new(scope, PointInit { x: 1, next: Nil });
    roots.iter().filter_map(|root| root.address()).sum()
}

fn main() {}
