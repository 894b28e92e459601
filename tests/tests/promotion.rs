//! Promotion of the young generation as it lies: where nearly all survives, nothing is copied.

use heapwright::inspect::HeapStatistics;
use heapwright::prelude::*;
use heapwright::stress::Mode;
use heapwright::{CollectionKind, CollectionReason, Growing, SpaceId};
use heapwright_tests::Random;

/// A node of a list.
#[heap_object]
struct Node {
    number: Smi,
    next: Tagged<Option<Node>>,
    last: Weak<Node>,
}

/// Keeps the last nodes.
#[heap_object]
struct Ring {
    #[constant]
    length: Smi,
    #[length = length]
    nodes: [Tagged<Option<Node>>],
}

heap_classes! { static CLASSES = [Node, Ring]; }

/// Semi-spaces of one size; counted in bytes and on one thread, so that each run is the same. It is collected when semi-spaces are
/// full: what survives for another reason says nothing of what is to come.
fn isolate(semi_space: usize) -> Isolate {
    let builder = Isolate::builder()
        .unstressed(Mode::Marking)
        .unstressed(Mode::Allocations)
        .classes(&CLASSES)
        .semi_space_size(semi_space, semi_space)
        .gc_threads(1);
    builder.growing(Growing::Bytes).build().unwrap()
}

fn node<'r>(memory: &'r Reservation<'_, '_>, number: i32, next: Option<&'r Node>, last: Option<&'r Node>) -> &'r Node {
    Node::new_reserved(memory, NodeInit { number, next, last })
}

/// The list's first node, which has the greatest number, follows this one.
fn list<'s>(scope: &mut HandleScope<'s>) -> Handle<'s, Node> {
    Node::new(scope, NodeInit { number: 0, next: Nil, last: Nil })
}

/// Makes nodes in front of a list until there were so many scavenges; one in sixteen refers weakly to a node that nobody else
/// does.
fn grow(scope: &mut HandleScope<'_>, list: Handle<'_, Node>, scavenges: u64) {
    let end = scope.statistics().young.count + scavenges;
    while scope.statistics().young.count < end {
        for _ in 0..100 {
            let memory = scope.reserve(2 * Node::SIZE).unwrap();
            let head = list.get(&memory).next();
            let number = head.map_or(0, |head| head.number() + 1);
            let last = (number % 16 == 0).then(|| node(&memory, -1, None, None));
            list.get(&memory).set_next(node(&memory, number, head, last));
        }
    }
}

/// Calls `look` with each node, and finds all numbers.
fn check(scope: &HandleScope<'_>, list: Handle<'_, Node>, look: impl Fn(&Node)) {
    scope.verify().unwrap();
    let first = list.get(scope).next();
    let mut expected = first.map_or(0, |first| first.number());
    for node in std::iter::successors(first, |node| node.next()) {
        assert_eq!(node.number(), expected);
        assert!(node.last().is_none_or(|last| last.number() == -1));
        look(node);
        expected -= 1;
    }
    assert_eq!(expected, -1);
}

#[test]
fn what_survives_is_copied_no_more() {
    let mut isolate = isolate(256 << 10);
    let mut scope = isolate.enter();
    let list = list(&mut scope);
    grow(&mut scope, list, 6);
    let before = scope.statistics().young;
    grow(&mut scope, list, 20);
    let after = scope.statistics().young;
    assert_eq!(after.copied, before.copied, "nothing was copied");
    assert!(after.promoted - before.promoted > 19 << 17, "{} bytes became old", after.promoted - before.promoted);
    check(&scope, list, |_| ());
    // What nobody refers to goes at the latest when somebody asks.
    scope.collect(CollectionKind::Full);
    check(&scope, list, |node| assert!(node.last().is_none()));
}

#[test]
fn when_survivors_become_few_they_are_copied_again() {
    let mut isolate = isolate(256 << 10);
    let mut scope = isolate.enter();
    let all = list(&mut scope);
    grow(&mut scope, all, 12);
    let old = scope.statistics().young.promoted;
    // Nothing survives from now on: at most what is not looked at becomes old, a few semi-spaces.
    let end = scope.statistics().young.count + 40;
    while scope.statistics().young.count < end {
        let mut inner = scope.nested();
        for _ in 0..100 {
            list(&mut inner);
        }
    }
    let promoted = scope.statistics().young.promoted - old;
    assert!(promoted <= 6 << 18, "{promoted} bytes became old");
    let last = *scope.statistics().collections.last().unwrap();
    assert_eq!((last.reason, last.promoted), (CollectionReason::SemispaceFull, 0));
    check(&scope, all, |_| ());
}

/// A scavenge that looks at a part of what is young sees all of it alive: what dies does so later.
#[test]
fn what_dies_a_little_later_is_noticed_in_the_end() {
    const SEMI_SPACE: usize = 2 << 20;
    /// They take a sixth of the semi-space, more than is looked at.
    const LAST: usize = 20_000;
    let mut isolate = isolate(SEMI_SPACE);
    let mut scope = isolate.enter();
    let ring = Ring::new(&mut scope, RingInit { nodes: Filled::new(Nil, LAST) });
    let all = list(&mut scope);
    grow(&mut scope, all, 12);
    let mut number = 0;
    let mut make_until = |scope: &mut HandleScope<'_>, is_enough: &dyn Fn(HeapStatistics) -> bool| {
        while !is_enough(scope.statistics()) {
            for _ in 0..100 {
                let memory = scope.reserve(Node::SIZE).unwrap();
                ring.get(&memory).set_nodes(number as usize % LAST, node(&memory, number, None, None));
                number += 1;
            }
        }
    };
    make_until(&mut scope, &|now| now.full.count >= 3 || now.young.count >= 100);
    let before = scope.statistics().young;
    make_until(&mut scope, &|now| now.young.count >= before.count + 10);
    let after = scope.statistics().young;
    let (copied, promoted) = (after.copied - before.copied, after.promoted - before.promoted);
    assert!(copied > 0 && promoted < 2 * SEMI_SPACE as u64, "{copied} bytes copied, {promoted} promoted");
    check(&scope, all, |_| ());
}

/// The same, where old objects refer to it so often that this can be seen at once.
#[test]
fn what_is_overwritten_over_and_over_is_copied_again() {
    const SEMI_SPACE: usize = 1 << 20;
    /// Each node is in 16 places, and lives until something else is in all of them: longer than a look can see.
    const PLACES: usize = 1 << 16;
    let mut isolate = isolate(SEMI_SPACE);
    let mut scope = isolate.enter();
    let ring = Ring::new(&mut scope, RingInit { nodes: Filled::new(Nil, PLACES) });
    let all = list(&mut scope);
    grow(&mut scope, all, 8);
    let (mut random, mut number) = (Random::new(1), 0);
    let before = scope.statistics();
    while scope.statistics().young.count < before.young.count + 24 {
        for _ in 0..100 {
            let memory = scope.reserve(Node::SIZE).unwrap();
            let node = node(&memory, number, None, None);
            (0..16).for_each(|_| ring.get(&memory).set_nodes(random.below(PLACES), node));
            number += 1;
        }
    }
    let after = scope.statistics();
    let promoted = after.young.promoted - before.young.promoted;
    assert!(promoted <= 6 * SEMI_SPACE as u64, "{promoted} bytes became old");
    assert!(after.young.copied > before.young.copied);
    check(&scope, all, |_| ());
}

/// What is only looked at is a part of the semi-space; but a full heap has use for the rest of it.
#[test]
fn a_full_heap_fills_its_whole_semi_space() {
    const SEMI_SPACE: usize = 2 << 20;
    let builder = Isolate::builder().unstressed(Mode::Marking).unstressed(Mode::Allocations).classes(&CLASSES);
    let builder = builder.semi_space_size(SEMI_SPACE, SEMI_SPACE).max_heap_size(24 << 20).gc_threads(1);
    let mut isolate = builder.growing(Growing::Bytes).build().unwrap();
    let mut scope = isolate.enter();
    let list = list(&mut scope);
    let refused = loop {
        let memory = match scope.reserve(Node::SIZE) {
            Ok(memory) => memory,
            Err(refused) => break refused,
        };
        let head = list.get(&memory).next();
        let number = head.map_or(0, |head| head.number() + 1);
        list.get(&memory).set_next(node(&memory, number, head, None));
    };
    let spaces = scope.statistics().spaces;
    let new = spaces.iter().find(|(id, _)| *id == SpaceId::New).unwrap().1;
    assert!(new.used > SEMI_SPACE / 2, "{refused}: {new:?}");
    check(&scope, list, |_| ());
}

/// While marking is under way, what becomes old is work: it is done a part at a time, and the last pause comes when little is young.
#[test]
fn pauses_of_marking_have_a_part_of_the_semi_space() {
    const SEMI_SPACE: usize = 4 << 20;
    const CHUNK: usize = 256 << 10;
    let mut isolate = isolate(SEMI_SPACE);
    let mut scope = isolate.enter();
    let all = list(&mut scope);
    let (mut last, mut while_marking, mut ends) = (0, 0, 0);
    while while_marking < 6 || ends < 3 {
        grow(&mut scope, all, 1);
        let totals = scope.statistics();
        let count = totals.young.count + totals.full.count;
        let new = totals.collections.len().min((count - std::mem::replace(&mut last, count)) as usize);
        for record in &totals.collections[totals.collections.len() - new..] {
            let (bytes, text) = (record.promoted, record.to_string());
            match record.reason {
                CollectionReason::SemispaceFull if record.marking_steps.count > 0 => {
                    while_marking += 1;
                    assert!(bytes <= SEMI_SPACE / 4, "{text}");
                }
                CollectionReason::MarkingComplete => {
                    ends += 1;
                    assert!(bytes <= 2 * CHUNK, "{text}");
                }
                _ => {}
            }
        }
        assert!(count < 300, "{while_marking} scavenges while marking, {ends} ends of it");
    }
    check(&scope, all, |_| ());
}
