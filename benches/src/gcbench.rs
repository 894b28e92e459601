//! Boehm's GCBench: trees built from the top down and from the bottom up, beside a long-lived tree and a large array of
//! numbers.

use crate::common::builder;
use heapwright::prelude::*;

/// Two subtrees and two numbers.
#[heap_object]
struct Node {
    left: Tagged<Option<Node>>,
    right: Tagged<Option<Node>>,
    i: i32,
    j: i32,
}

/// Numbers.
#[heap_object]
struct Doubles {
    #[constant]
    length: Smi,
    #[length = length]
    values: [f64],
}

heap_classes! { static CLASSES = [Node, Doubles]; }

/// Trees up to this depth are built in one reservation; what lies above is joined through handles.
const RESERVED_DEPTH: u32 = 10;

const EMPTY: NodeInit<Nil, Nil> = NodeInit { left: Nil, right: Nil, i: 0, j: 0 };

/// Nodes of a tree of that depth.
const fn tree_size(depth: u32) -> u64 {
    (2 << depth) - 1
}

/// Memory for the nodes below one.
fn below(depth: u32) -> usize {
    (tree_size(depth) as usize - 1) * Node::SIZE
}

/// Gives a node of a reservation, or an older one, subtrees of a depth.
fn populate_reserved(memory: &Reservation<'_, '_>, depth: u32, node: &Node) {
    if depth == 0 {
        return;
    }
    let (left, right) = (Node::new_reserved(memory, EMPTY), Node::new_reserved(memory, EMPTY));
    node.set_left(left);
    node.set_right(right);
    populate_reserved(memory, depth - 1, left);
    populate_reserved(memory, depth - 1, right);
}

fn populate(scope: &mut HandleScope<'_>, depth: u32, node: Handle<'_, Node>) {
    if depth <= RESERVED_DEPTH {
        let memory = scope.reserve(below(depth)).expect("memory for a small tree");
        populate_reserved(&memory, depth, node.get(&memory));
        return;
    }
    let mut scope = scope.nested();
    let (left, right) = (Node::new(&mut scope, EMPTY), Node::new(&mut scope, EMPTY));
    node.get(&scope).set_left(left.get(&scope));
    node.get(&scope).set_right(right.get(&scope));
    populate(&mut scope, depth - 1, left);
    populate(&mut scope, depth - 1, right);
}

fn make_reserved<'r>(memory: &'r Reservation<'_, '_>, depth: u32) -> &'r Node {
    if depth == 0 {
        return Node::new_reserved(memory, EMPTY);
    }
    let (left, right) = (make_reserved(memory, depth - 1), make_reserved(memory, depth - 1));
    Node::new_reserved(memory, NodeInit { left, right, i: 0, j: 0 })
}

fn make<'s>(scope: &mut HandleScope<'s>, depth: u32) -> Handle<'s, Node> {
    if depth <= RESERVED_DEPTH {
        let memory = scope.reserve(below(depth) + Node::SIZE).expect("memory for a small tree");
        return memory.handle(make_reserved(&memory, depth));
    }
    let (mut inner, escape) = scope.escapable();
    let (left, right) = (make(&mut inner, depth - 1), make(&mut inner, depth - 1));
    let node = Node::new(&mut inner, NodeInit { left, right, i: 0, j: 0 });
    escape.escape(&inner, node)
}

fn count(node: &Node) -> u64 {
    match (node.left(), node.right()) {
        (Some(left), Some(right)) => 1 + count(left) + count(right),
        _ => 1,
    }
}

/// With a stretch tree of that depth.
pub(crate) fn run(stretch: u32) -> u64 {
    let mut isolate = builder(&CLASSES).build().expect("an isolate");
    let mut scope = isolate.enter();
    let has_left = |node: &Node| u64::from(node.left().is_some());
    let mut sum = {
        let mut inner = scope.nested();
        let tree = make(&mut inner, stretch);
        has_left(tree.get(&inner))
    };
    let long_lived = Node::new(&mut scope, EMPTY);
    populate(&mut scope, stretch - 2, long_lived);
    let size = 500_000 << stretch.saturating_sub(18);
    let array = Doubles::new(&mut scope, DoublesInit { values: Filled::new(0.0, size) });
    for i in 0..size / 2 {
        array.get(&scope).set_values(i, 1.0 / (i + 1) as f64);
    }
    for depth in (4..=stretch - 2).step_by(2) {
        let trees = 2 * tree_size(stretch) / tree_size(depth);
        for _ in 0..trees {
            let mut inner = scope.nested();
            let tree = Node::new(&mut inner, EMPTY);
            populate(&mut inner, depth, tree);
            sum += has_left(tree.get(&inner));
        }
        for _ in 0..trees {
            let mut inner = scope.nested();
            let tree = make(&mut inner, depth);
            sum += has_left(tree.get(&inner));
        }
    }
    sum + count(long_lived.get(&scope)) + (1.0 / array.get(&scope).values(1000)).round() as u64
}
