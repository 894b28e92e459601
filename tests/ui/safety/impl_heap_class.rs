//! To say that a type is a class is unsafe: the macro proves it.

use heapwright::prelude::*;

struct Fake;

impl heapwright::HeapClass for Fake {
    type Parent = HeapObject;
    const CLASS: &'static heapwright::ClassDescriptor = HeapObject::CLASS;
    const LAYOUT: &'static heapwright::ClassLayout = HeapObject::LAYOUT;
}

fn main() {}
