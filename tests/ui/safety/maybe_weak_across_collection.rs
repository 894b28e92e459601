//! What was read from a field that may be weak is good until the next collection, which may move or clear it.

use heapwright::prelude::*;

#[heap_object]
struct Link {
    value: Tagged<MaybeObject>,
    union: Tagged<(Weak<Link>, Link, Smi)>,
}

fn attack(scope: &mut HandleScope<'_>, link: Handle<'_, Link>) -> bool {
    let value = link.get(scope).value();
    let union = link.get(scope).union();
    let weak = value.as_weak();
    scope.collect(CollectionKind::Full);
    value.is_cleared() || union.is_smi() || weak.is_some()
}

fn main() {}
