//! Octane's splay tree: nodes with large payloads that live for a while, in a tree that changes its shape all the time.

use crate::common::{Latency, Outcome, Random, builder, collections};
use heapwright::prelude::*;

/// A node of the tree.
#[heap_object]
struct Node {
    key: f64,
    value: Tagged<Option<Inner>>,
    left: Tagged<Option<Node>>,
    right: Tagged<Option<Node>>,
}

/// The tree.
#[heap_object]
struct Tree {
    root: Tagged<Option<Node>>,
}

/// A payload of some depth.
#[heap_object]
struct Inner {
    left: Tagged<(Inner, Leaf)>,
    right: Tagged<(Inner, Leaf)>,
}

/// The end of a payload.
#[heap_object]
struct Leaf {
    array: Tagged<Numbers>,
    string: Tagged<Text>,
}

/// Integers.
#[heap_object]
struct Numbers {
    #[constant]
    length: Smi,
    #[constant]
    #[length = length]
    values: [i32],
}

/// Characters.
#[heap_object]
struct Text {
    #[constant]
    length: Smi,
    #[constant]
    #[length = length]
    bytes: [u8],
}

heap_classes! { static CLASSES = [Node, Tree, Inner, Leaf, Numbers, Text]; }

const NODES: usize = 8000;
const DEPTH: u32 = 5;
const SCALE: f64 = 4_294_967_296.0;

impl Node {
    fn of<'r>(memory: &'r Reservation<'_, '_>, key: f64, value: Option<&'r Inner>) -> &'r Node {
        Node::new_reserved(memory, NodeInit { key, value, left: Nil, right: Nil })
    }
}

/// Bytes of a payload and the node that has it.
fn size_with(text: usize) -> usize {
    let leaves = 1 << DEPTH;
    let leaf = Leaf::SIZE + Numbers::size_for(10) + Text::size_for(text);
    leaves * leaf + (leaves - 1) * Inner::SIZE + Node::SIZE
}

fn leaf<'r>(memory: &'r Reservation<'_, '_>, key: i32, text: &str) -> &'r Leaf {
    let array = Numbers::new_reserved(memory, NumbersInit { values: &[key, 1, 2, 3, 4, 5, 6, 7, 8, 9] });
    let string = Text::new_reserved(memory, TextInit { bytes: text.as_bytes() });
    Leaf::new_reserved(memory, LeafInit { array, string })
}

fn payload<'r>(memory: &'r Reservation<'_, '_>, depth: u32, key: i32, text: &str) -> &'r Inner {
    if depth == 1 {
        let (left, right) = (leaf(memory, key, text), leaf(memory, key, text));
        return Inner::new_reserved(memory, InnerInit { left, right });
    }
    let (left, right) = (payload(memory, depth - 1, key, text), payload(memory, depth - 1, key, text));
    Inner::new_reserved(memory, InnerInit { left, right })
}

impl Tree {
    /// Brings the node with the key, or one beside it, to the root. `dummy` is a node that nothing refers to.
    fn splay(&self, key: f64, dummy: &Node) {
        let Some(mut current) = self.root() else { return };
        let (mut left, mut right) = (dummy, dummy);
        loop {
            if key < current.key() {
                let Some(mut child) = current.left() else { break };
                if key < child.key() {
                    current.set_left(child.right());
                    child.set_right(current);
                    current = child;
                    let Some(next) = current.left() else { break };
                    child = next;
                }
                right.set_left(current);
                right = current;
                current = child;
            } else if key > current.key() {
                let Some(mut child) = current.right() else { break };
                if key > child.key() {
                    current.set_right(child.left());
                    child.set_left(current);
                    current = child;
                    let Some(next) = current.right() else { break };
                    child = next;
                }
                left.set_right(current);
                left = current;
                current = child;
            } else {
                break;
            }
        }
        left.set_right(current.left());
        right.set_left(current.right());
        current.set_left(dummy.right());
        current.set_right(dummy.left());
        self.set_root(current);
    }

    /// Makes a node whose key is not there the root; the tree was just splayed at it.
    fn insert(&self, node: &Node) {
        if let Some(root) = self.root() {
            if node.key() > root.key() {
                node.set_left(root);
                node.set_right(root.right());
                root.set_right(Nil);
            } else {
                node.set_right(root);
                node.set_left(root.left());
                root.set_left(Nil);
            }
        }
        self.set_root(node);
    }
}

/// The tree and what changes it.
struct Splay<'s> {
    tree: Handle<'s, Tree>,
    random: Random,
    text: String,
}

impl Splay<'_> {
    fn splay(&self, scope: &mut HandleScope<'_>, key: f64) {
        let memory = scope.reserve(Node::SIZE).expect("memory for a node");
        if self.tree.get(&memory).root().is_some() {
            self.tree.get(&memory).splay(key, Node::of(&memory, 0.5, None));
        }
    }

    fn insert_new(&mut self, scope: &mut HandleScope<'_>) -> f64 {
        let (number, key) = loop {
            let number = self.random.next();
            let key = f64::from(number) / SCALE;
            self.splay(scope, key);
            if self.tree.get(scope).root().is_none_or(|root| root.key() != key) {
                break (number, key);
            }
        };
        self.text.clear();
        let _ = std::fmt::Write::write_fmt(&mut self.text, format_args!("String for key {number} in leaf node"));
        let memory = scope.reserve(size_with(self.text.len())).expect("memory for a node");
        let value = payload(&memory, DEPTH, (number & 0xfff_ffff) as i32, &self.text);
        self.tree.get(&memory).insert(Node::of(&memory, key, Some(value)));
        key
    }

    fn remove(&self, scope: &mut HandleScope<'_>, key: f64) {
        self.splay(scope, key);
        let mut scope = scope.nested();
        let tree = self.tree.get(&scope);
        let removed = tree.root().expect("the key is there");
        let Some(left) = removed.left() else {
            tree.set_root(removed.right());
            return;
        };
        tree.set_root(left);
        let right = removed.right().map(|right| scope.handle(right));
        self.splay(&mut scope, key);
        let root = self.tree.get(&scope).root().expect("the left half is not empty");
        root.set_right(right.map(|right| right.get(&scope)));
    }

    /// The key of the node with the greatest key below.
    fn greatest_below(&self, scope: &mut HandleScope<'_>, key: f64) -> Option<f64> {
        self.splay(scope, key);
        let root = self.tree.get(scope).root()?;
        if root.key() < key {
            return Some(root.key());
        }
        let mut node = root.left()?;
        while let Some(next) = node.right() {
            node = next;
        }
        Some(node.key())
    }
}

/// The leftmost leaf: its first number, and the length of its text.
fn first_leaf(mut inner: &Inner) -> (i32, usize) {
    loop {
        match_class!(match inner.left() {
            Inner(next) => inner = next,
            Leaf(leaf) => return (leaf.array().values(0), leaf.string().bytes_len()),
        });
    }
}

/// So many times: inserts a node and removes the one with the greatest key below.
pub(crate) fn run(operations: u32) -> Outcome {
    let mut isolate = builder(&CLASSES).build().expect("an isolate");
    let mut scope = isolate.enter();
    let tree = Tree::new(&mut scope, TreeInit { root: Nil });
    let mut splay = Splay { tree, random: Random::new(), text: String::new() };
    for _ in 0..NODES {
        splay.insert_new(&mut scope);
    }
    let mut latency = Latency::new();
    for _ in 0..operations {
        let key = splay.insert_new(&mut scope);
        let other = splay.greatest_below(&mut scope, key).unwrap_or(key);
        splay.remove(&mut scope, other);
        latency.step();
    }
    let collections = collections(&scope);
    // In the order of keys.
    let (mut sum, mut live, mut above) = (0_u32, 0, Vec::new());
    let mut next = tree.get(&scope).root();
    loop {
        while let Some(node) = next {
            above.push(node);
            next = node.left();
        }
        let Some(node) = above.pop() else { break };
        let (number, length) = first_leaf(node.value().expect("nodes of the tree have values"));
        let key = (node.key() * SCALE) as u32;
        sum = sum.wrapping_mul(31).wrapping_add(number as u32).wrapping_add(length as u32).wrapping_add(key);
        live += 1;
        next = node.right();
    }
    Outcome {
        checksum: u64::from(sum),
        more: format!(r#"{},"live":{live}{collections}"#, latency.members()),
        seconds: None,
    }
}
