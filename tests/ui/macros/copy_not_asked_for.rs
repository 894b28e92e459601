//! A class has to allow that its objects are copied; those below it for themselves.

use heapwright::prelude::*;

#[heap_object(open, copy)]
struct Point {
    x: Smi,
}

#[heap_object(extends = Point)]
struct Unique {}

fn copy(scope: &mut HandleScope<'_>, unique: Handle<'_, Unique>) {
    Unique::copy(scope, unique);
}

fn main() {}
