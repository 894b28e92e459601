//! An optional field's value lives no longer than the object it was read from.

use heapwright::prelude::*;

#[heap_object]
struct Script {
    #[constant]
    named: bool,
    padding: Padding<3>,
    padding_2: OptionalPadding<4>,
    #[present_if = named]
    name: Tagged<Script>,
}

fn attack(scope: &mut HandleScope<'_>, script: Handle<'_, Script>) -> bool {
    let name = script.get(scope).name().unwrap();
    scope.collect(CollectionKind::Young);
    name.named()
}

fn main() {}
