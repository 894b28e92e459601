//! The benchmarks game's binary trees: a stretch tree, a long-lived tree, and many that die young.

use crate::common::builder;
use heapwright::prelude::*;

/// Two subtrees; leaves are objects too.
#[heap_object]
struct Node {
    left: Tagged<Option<Node>>,
    right: Tagged<Option<Node>>,
}

heap_classes! { static CLASSES = [Node]; }

/// Trees up to this depth are built in one reservation; deeper ones are joined from them through handles.
const RESERVED_DEPTH: u32 = 10;

fn size(depth: u32) -> usize {
    ((2 << depth) - 1) * Node::SIZE
}

fn build<'r>(memory: &'r Reservation<'_, '_>, depth: u32) -> &'r Node {
    if depth == 0 {
        return Node::new_reserved(memory, NodeInit { left: Nil, right: Nil });
    }
    let (left, right) = (build(memory, depth - 1), build(memory, depth - 1));
    Node::new_reserved(memory, NodeInit { left, right })
}

fn bottom_up<'s>(scope: &mut HandleScope<'s>, depth: u32) -> Handle<'s, Node> {
    if depth <= RESERVED_DEPTH {
        let memory = scope.reserve(size(depth)).expect("memory for a small tree");
        return memory.handle(build(&memory, depth));
    }
    let (mut inner, escape) = scope.escapable();
    let left = bottom_up(&mut inner, depth - 1);
    let right = bottom_up(&mut inner, depth - 1);
    let node = Node::new(&mut inner, NodeInit { left, right });
    escape.escape(&inner, node)
}

fn check(node: &Node) -> u64 {
    match (node.left(), node.right()) {
        (Some(left), Some(right)) => 1 + check(left) + check(right),
        _ => 1,
    }
}

/// Builds a tree, counts its nodes and lets it die.
fn short_lived(scope: &mut HandleScope<'_>, depth: u32) -> u64 {
    let mut scope = scope.nested();
    let tree = bottom_up(&mut scope, depth);
    check(tree.get(&scope))
}

/// The nodes of all trees.
pub(crate) fn run(depth: u32) -> u64 {
    let mut isolate = builder(&CLASSES).build().expect("an isolate");
    let mut scope = isolate.enter();
    let mut sum = short_lived(&mut scope, depth + 1);
    let long_lived = bottom_up(&mut scope, depth);
    for d in (4..=depth).step_by(2) {
        for _ in 0..1 << (depth - d + 4) {
            sum += short_lived(&mut scope, d);
        }
    }
    sum + check(long_lived.get(&scope))
}
