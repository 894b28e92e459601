//! A class without a factory has no initialiser, so nothing makes objects of it, though every class has `new`.
use heapwright::prelude::*;

/// Made by nobody.
#[heap_object(factory = none)]
pub struct Ghost {}

fn make(scope: &mut HandleScope<'_>) {
    Ghost::new(scope, ());
    Ghost::allocate(scope, ());
}

fn main() {}
