//! A callback near the heap's limit keeps no handle: it may be called when the handle's scope is long gone. A global it
//! may have, to drop it.
use heapwright::prelude::*;

#[heap_object]
pub struct Node {
    value: Smi,
    next: Tagged<Option<Node>>,
}

fn main() {
    let mut isolate = Isolate::builder().build().unwrap();
    let mut scope = isolate.enter();
    let node = Node::new(&mut scope, NodeInit { value: 1, next: Nil });
    scope.add_near_heap_limit_callback(move |near| {
        drop(node);
        near.limit
    });
}
