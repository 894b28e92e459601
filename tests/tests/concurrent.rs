//! Other threads mark and sweep while the program runs: whatever it does meanwhile, nothing that lives is lost, and all that
//! is dead goes. What helpers do beside depends on chance; these tests give them much to do, and check all of it.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::prelude::*;
use heapwright::stress::{self, Mode};
use heapwright::{CollectionReason, IsolateBuilder};
use heapwright_tests::Random;

#[heap_object]
pub struct Node {
    value: Smi,
    left: Tagged<Option<Node>>,
    right: Tagged<Option<Node>>,
    weak: Weak<Node>,
}

#[heap_object]
pub struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

/// Its references are found bit by bit: raw fields lie between them.
#[heap_object]
pub struct Mixed {
    raw: u32,
    #[constant]
    length: u32,
    first: Tagged<Any>,
    more: u32,
    padding: OptionalPadding<4>,
    second: Tagged<Any>,
    #[length = length]
    row: [Tagged<Any>],
}

heap_classes! { static CLASSES = [Node, Array, Mixed]; }

const KB: usize = 1 << 10;

fn builder(threads: usize) -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES).gc_threads(threads).semi_space_size(256 * KB, 256 * KB)
}

fn old<'s>(scope: &mut HandleScope<'s>, value: i32) -> Handle<'s, Node> {
    Node::try_new_in(scope, AllocationType::Old, NodeInit { value, left: Nil, right: Nil, weak: Nil }).unwrap()
}

fn array<'s>(scope: &mut HandleScope<'s>, length: usize) -> Handle<'s, Array> {
    Array::try_new_in(scope, AllocationType::Old, ArrayInit { elements: Filled::new(smi(0), length) }).unwrap()
}

/// Nodes in an array, and beside it what each of them is to hold.
struct Model<'s> {
    nodes: Handle<'s, Array>,
    values: Vec<i32>,
    left: Vec<Option<usize>>,
}

fn node_count() -> usize {
    stress::scaled(20_000)
}

impl<'s> Model<'s> {
    fn new(scope: &mut HandleScope<'s>) -> Model<'s> {
        let nodes = array(scope, node_count());
        let mut model = Model { nodes, values: vec![0; node_count()], left: vec![None; node_count()] };
        (0..node_count()).for_each(|at| model.replace(scope, at, at as i32, at % 3 == 0));
        model
    }

    /// A new node, which takes over what the one before it at this place referred to.
    fn replace(&mut self, scope: &mut HandleScope<'_>, at: usize, value: i32, young: bool) {
        let mut inner = scope.nested();
        let left = self.left[at].map(|left| self.nodes.get(&inner).elements(left).cast::<Node>());
        let left = left.map(|left| inner.handle(left));
        let wanted = if young { AllocationType::Young } else { AllocationType::Old };
        let init = NodeInit { value, left, right: Nil, weak: Nil };
        let node = Node::try_new_in(&mut inner, wanted, init).unwrap();
        self.nodes.get(&inner).set_elements(at, node.get(&inner));
        self.values[at] = value;
    }

    /// Moves a reference from one node to another: whoever looks at the second before and at the first after does not see it.
    fn steal(&mut self, scope: &HandleScope<'_>, from: usize, to: usize) {
        let node = |at| self.nodes.get(scope).elements(at).cast::<Node>();
        let stolen = node(from).left();
        node(to).set_left(stolen);
        node(from).set_left(Nil);
        let stolen = self.left[from].take();
        self.left[to] = if from == to { None } else { stolen };
    }

    fn check(&self, scope: &HandleScope<'_>) {
        let nodes = self.nodes.get(scope);
        for at in 0..node_count() {
            assert_eq!(nodes.elements(at).cast::<Node>().value(), self.values[at], "node {at}");
        }
    }
}

/// References that only one place holds at a time, moved about while others mark.
#[test]
fn what_moves_about_while_others_mark_lives() {
    for threads in [1, 2, 3] {
        let mut isolate = builder(threads).build().unwrap();
        let mut scope = isolate.enter();
        let mut random = Random::new(7 + threads as u64);
        // Each node owns one that nothing else refers to, whose value is its number.
        let mut model = Model::new(&mut scope);
        for at in 0..node_count() {
            let mut inner = scope.nested();
            let owned = old(&mut inner, -(at as i32));
            model.nodes.get(&inner).elements(at).cast::<Node>().set_right(owned.get(&inner));
        }
        let mut owner: Vec<usize> = (0..node_count()).collect();
        for round in 0..stress::scaled(300_000) {
            let (a, b) = (random.below(node_count()), random.below(node_count()));
            let node = |at| model.nodes.get(&scope).elements(at).cast::<Node>();
            let (first, second) = (node(a).right(), node(b).right());
            node(a).set_right(second);
            node(b).set_right(first);
            owner.swap(a, b);
            if round % 4 == 0 {
                // Makes the old generation grow, which drives marking.
                let mut inner = scope.nested();
                array(&mut inner, 400);
            }
            if round % 50_000 == 0 {
                scope.verify().unwrap();
            }
        }
        for (at, of) in owner.iter().enumerate() {
            let node = model.nodes.get(&scope).elements(at).cast::<Node>();
            assert_eq!(node.right().unwrap().value(), -(*of as i32), "threads {threads}");
        }
        model.check(&scope);
        scope.verify().unwrap();
        let statistics = scope.statistics();
        assert!(statistics.full.count > 1, "{statistics:?}");
        for at in 0..node_count() {
            model.steal(&scope, at, (at * 7) % node_count());
        }
    }
}

/// The same with nodes that are young, old, replaced, and met through weak references.
#[test]
fn random_programs_keep_what_lives() {
    for threads in [1, 2, 4] {
        let mut isolate = builder(threads).stress_marking().build().unwrap();
        let mut scope = isolate.enter();
        let mut random = Random::new(threads as u64);
        let mut model = Model::new(&mut scope);
        for round in 0..stress::scaled(150_000) as i32 {
            let (a, b) = (random.below(node_count()), random.below(node_count()));
            match random.below(10) {
                0 => model.replace(&mut scope, a, round, true),
                1 => model.replace(&mut scope, a, round, false),
                2..5 => model.steal(&scope, a, b),
                5..8 => {
                    let node = |at| model.nodes.get(&scope).elements(at).cast::<Node>();
                    node(a).set_left(node(b));
                    model.left[a] = Some(b);
                }
                _ => {
                    let node = |at| model.nodes.get(&scope).elements(at).cast::<Node>();
                    node(a).set_weak(node(b));
                }
            }
            if random.below(20_000) == 0 {
                scope.verify().unwrap();
            }
            if random.below(40_000) == 0 {
                scope.collect(CollectionKind::Full);
            }
        }
        model.check(&scope);
        scope.verify().unwrap();
    }
}

/// Long rows are visited in parts, and written to meanwhile.
#[test]
fn long_rows_are_whole() {
    const LENGTH: usize = 300_000;
    for threads in [1, 2] {
        let mut isolate = builder(threads).stress_marking().build().unwrap();
        let mut scope = isolate.enter();
        let row = array(&mut scope, LENGTH);
        let mixed = MixedInit { raw: 1, first: smi(0), more: 2, second: smi(0), row: Filled::new(smi(0), LENGTH) };
        let mixed = Mixed::try_new_in(&mut scope, AllocationType::Old, mixed).unwrap();
        let mut random = Random::new(3);
        let mut expected = vec![None; LENGTH];
        let rounds = stress::scaled(100_000) as i32;
        for round in 0..rounds {
            let mut inner = scope.nested();
            let at = random.below(LENGTH);
            let node = old(&mut inner, round);
            match expected[at] {
                // From one row to the other: forth and back across what was visited of each.
                Some(_) if random.below(2) == 0 => {
                    let other = random.below(LENGTH);
                    let (row, mixed) = (row.get(&inner), mixed.get(&inner));
                    let (a, b) = (row.elements(at), mixed.row(other));
                    row.set_elements(at, b);
                    mixed.set_row(other, a);
                    expected[at] = b.try_cast::<Node>().map(Node::value);
                }
                _ => {
                    row.get(&inner).set_elements(at, node.get(&inner));
                    expected[at] = Some(round);
                }
            }
            mixed.get(&inner).set_second(node.get(&inner));
        }
        assert_eq!(mixed.get(&scope).second().cast::<Node>().value(), rounds - 1);
        for (at, expected) in expected.iter().enumerate() {
            assert_eq!(row.get(&scope).elements(at).try_cast::<Node>().map(Node::value), *expected, "{at}");
        }
        scope.verify().unwrap();
        drop(scope);
    }
}

/// What was not swept is neither seen nor lost, and is used again before new memory is.
#[test]
fn unswept_memory_is_walked_and_used() {
    for threads in [1, 3] {
        // It asks what is there between two collections, of which the first leaves holes.
        let mut isolate = builder(threads)
            .unstressed(Mode::Allocations)
            .unstressed(Mode::Marking)
            .unstressed(Mode::Compaction)
            .build()
            .unwrap();
        let mut scope = isolate.enter();
        let kept = array(&mut scope, 3_000);
        for at in 0..3_000 {
            let mut inner = scope.nested();
            let node = old(&mut inner, at as i32);
            kept.get(&inner).set_elements(at, node.get(&inner));
            array(&mut inner, 200);
        }
        scope.collect(CollectionKind::Full);
        let count = |scope: &HandleScope<'_>| {
            let of =
                |name| scope.class_statistics().iter().find(|of| of.class.name() == name).map_or(0, |of| of.objects);
            (of("Node"), of("Array"))
        };
        assert_eq!(count(&scope), (3_000, 1));
        scope.verify().unwrap();
        let committed = scope.statistics().committed;
        for at in 0..3_000 {
            let mut inner = scope.nested();
            old(&mut inner, at);
            array(&mut inner, 190);
        }
        assert_eq!(count(&scope), (6_000, 3_001));
        assert!(scope.statistics().committed <= committed + (1 << 20));
        scope.verify().unwrap();
        scope.collect(CollectionKind::Full);
        assert_eq!(count(&scope), (3_000, 1));
        for at in 0..3_000 {
            assert_eq!(kept.get(&scope).elements(at).cast::<Node>().value(), at as i32);
        }
    }
}

/// An isolate may go, or go to another thread, whatever others are at in it.
#[test]
fn isolates_go_while_others_mark_and_sweep() {
    std::thread::scope(|threads| {
        for seed in 0..4 {
            threads.spawn(move || {
                let length = stress::scaled(5_000);
                for round in 0..12 {
                    let mut isolate = builder(1 + (seed + round) % 3).build().unwrap();
                    let mut scope = isolate.enter();
                    let kept = array(&mut scope, length);
                    for at in 0..length {
                        let mut inner = scope.nested();
                        let node = old(&mut inner, at as i32);
                        kept.get(&inner).set_elements(at, node.get(&inner));
                        array(&mut inner, 1_000 + 100 * round);
                    }
                    let kept = Global::new(&scope, kept);
                    drop(scope);
                    // Marking or sweeping may be under way. Half of them go as they are.
                    if round % 2 == 0 {
                        std::thread::spawn(move || {
                            let mut isolate = isolate;
                            let mut scope = isolate.enter();
                            scope.collect(CollectionKind::Full);
                            let last = kept.get(&scope).elements(length - 1);
                            assert_eq!(last.cast::<Node>().value(), length as i32 - 1);
                        })
                        .join()
                        .unwrap();
                    }
                }
            });
        }
    });
}

/// With helpers the last pause has little left, and it comes when marking is through.
#[test]
fn collections_come_when_others_are_through() {
    // It asks why it was collected.
    let mut isolate = builder(2).unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let model = Model::new(&mut scope);
    for _ in 0..100_000 {
        let mut inner = scope.nested();
        array(&mut inner, 300);
    }
    let statistics = scope.statistics();
    let full = statistics.collections.iter().filter(|of| of.kind == CollectionKind::Full);
    assert!(full.clone().count() > 0);
    assert!(full.clone().any(|of| of.reason == CollectionReason::MarkingComplete), "{statistics:?}");
    model.check(&scope);
}
