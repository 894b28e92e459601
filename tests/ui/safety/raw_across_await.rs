//! A reference does not live across an await in which the scope is used.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

async fn pause(_: &mut HandleScope<'_>) {}

async fn attack(scope: &mut HandleScope<'_>, point: Handle<'_, Point>) -> i32 {
    let raw = point.get(scope);
    pause(scope).await;
    raw.x()
}

fn main() {}
