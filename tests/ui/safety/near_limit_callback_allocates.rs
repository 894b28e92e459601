//! A callback near the heap's limit is told numbers and returns one: it cannot allocate on the heap that is full. Nor can
//! it look at it, for it would outlive the scope.
use heapwright::prelude::*;

#[heap_object]
pub struct Node {
    value: Smi,
    next: Tagged<Option<Node>>,
}

fn main() {
    let mut isolate = Isolate::builder().build().unwrap();
    let mut scope = isolate.enter();
    scope.add_near_heap_limit_callback(|near| {
        Node::new(&mut scope, NodeInit { value: 1, next: Nil });
        near.limit
    });
}
