use super::list::{List, ListInit};
use heapwright::heap_roots;
use heapwright::prelude::*;

heap_roots! {
    /// What the lists of an isolate have in common.
    pub static ROOTS, keys in root, getters in Roots, set up by set_up;
    /// A list of one number.
    one: List,
    /// How long a list may be.
    limit: Smi,
}

fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let one = List::try_new(scope, ListInit { head: 1, tail: Nil })?;
    scope.set_root(root::one, one);
    scope.set_root(root::limit, 100);
    Ok(())
}
