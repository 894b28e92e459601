//! A value of the isolate is borrowed from the scope, so it cannot be replaced while it is in use; nor outlive the scope.

use heapwright::{isolate_slots, prelude::*};

isolate_slots! {
    static SLOTS, accessors in MySlots;
    tag: String = String::new(),
}

fn replaced(scope: &mut HandleScope<'_>) -> usize {
    let tag = scope.tag();
    scope.set_tag(String::new());
    tag.len()
}

fn collected(scope: &mut HandleScope<'_>) -> usize {
    let tag = scope.tag_mut();
    scope.collect(CollectionKind::Full);
    tag.len()
}

fn outlives(isolate: &mut Isolate) -> &String {
    let scope = isolate.enter();
    scope.tag()
}

fn main() {}
