//! Weak lists that close up when members die: every place of head and members, long runs, rings, two lists through one
//! node, and random deaths against a model.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::stress::Mode;
use heapwright::{IsolateBuilder, SpaceId, prelude::*};
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// A member of up to two lists.
#[heap_object(open)]
pub struct Node {
    value: Smi,
    #[splice = next]
    next: Weak<Node>,
    #[splice = other]
    other: Weak<Node>,
    /// Breaks, as weak fields do.
    plain: Weak<Node>,
}

/// A member with more to it: links are inherited.
#[heap_object(extends = Node)]
pub struct HeavyNode {
    keeps: Tagged<Option<Node>>,
    #[splice = other]
    third: Weak<Node>,
    #[constant]
    length: Smi,
    #[length = length]
    bytes: [u8],
}

/// The head of lists, which is no member.
#[heap_object]
pub struct List {
    #[splice = next]
    head: Weak<Node>,
    #[splice = other]
    #[constant]
    other_head: Weak<Node>,
    plain_head: Weak<Node>,
}

/// Strong references, so that members live; and weak ones, in a tail.
#[heap_object]
pub struct Keeper {
    #[constant]
    length: Smi,
    #[length = length]
    nodes: [Tagged<Option<Node>>],
}

#[heap_object]
pub struct WeakNodes {
    #[constant]
    length: Smi,
    #[length = length]
    nodes: [Weak<Node>],
}

heap_classes! { static CLASSES = [Node, HeavyNode, List, Keeper, WeakNodes]; }

const YOUNG: AllocationType = AllocationType::Young;
const OLD: AllocationType = AllocationType::Old;
const LARGE: usize = 300_000;

fn builder() -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES).verify(true)
}

fn isolate() -> Isolate {
    builder().build().unwrap()
}

fn init(value: i32) -> NodeInit<Nil, Nil, Nil> {
    NodeInit { value, next: Nil, other: Nil, plain: Nil }
}

/// Where an object is made.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Young,
    /// Young, and has survived once.
    Copied,
    Old,
    Large,
    OldLarge,
}

const PLACES: [Place; 5] = [Place::Young, Place::Copied, Place::Old, Place::Large, Place::OldLarge];

fn node<'s>(scope: &mut HandleScope<'s>, value: i32, place: Place) -> Handle<'s, Node> {
    let heavy = |bytes| HeavyNodeInit { parent: init(value), keeps: Nil, third: Nil, bytes: Filled::new(9, bytes) };
    match place {
        Place::Young => Node::new(scope, init(value)),
        Place::Copied => {
            let node = HeavyNode::new(scope, heavy(3));
            scope.collect(CollectionKind::Young);
            node.upcast()
        }
        Place::Old => Node::try_new_in(scope, OLD, init(value)).unwrap(),
        Place::Large => HeavyNode::new(scope, heavy(LARGE)).upcast(),
        Place::OldLarge => HeavyNode::try_new_in(scope, OLD, heavy(LARGE)).unwrap().upcast(),
    }
}

fn list<'s>(scope: &mut HandleScope<'s>, in_: AllocationType, head: Handle<'_, Node>) -> Handle<'s, List> {
    List::try_new_in(scope, in_, ListInit { head, other_head: head, plain_head: head }).unwrap()
}

/// The values along `next`.
fn values(scope: &HandleScope<'_>, list: Handle<'_, List>) -> Vec<i32> {
    let first = list.get(scope).head();
    core::iter::successors(first, |node| node.next()).map(|node| node.value()).collect()
}

fn is_young(space: SpaceId) -> bool {
    matches!(space, SpaceId::New | SpaceId::NewLargeObject)
}

/// Head, two members that die, one that lives: everywhere.
#[test]
fn every_place_of_head_and_members() {
    for head_in in [YOUNG, OLD] {
        for first in PLACES {
            for second in PLACES {
                for last in PLACES {
                    for kind in [CollectionKind::Young, CollectionKind::Full] {
                        let mut isolate = isolate();
                        let mut scope = isolate.enter();
                        let last_node = node(&mut scope, 3, last);
                        let (list, places) = {
                            let (mut inner, escape) = scope.escapable();
                            let first = node(&mut inner, 1, first);
                            let second = node(&mut inner, 2, second);
                            first.get(&inner).set_next(second);
                            second.get(&inner).set_next(last_node);
                            let list = list(&mut inner, head_in, first);
                            assert_eq!(values(&inner, list), [1, 2, 3]);
                            let places = [first, second].map(|node| node.get(&inner).space());
                            (escape.escape(&inner, list), places)
                        };
                        scope.collect(kind);
                        let found = values(&scope, list);
                        let plain = list.get(&scope).plain_head().map(|node| node.value());
                        match kind {
                            CollectionKind::Full => {
                                assert_eq!(found, [3], "{head_in:?} {first:?} {second:?} {last:?}");
                                assert_eq!(plain, None, "a plain weak field breaks");
                            }
                            // What is old lives until a full collection.
                            CollectionKind::Young => {
                                let mut expected: Vec<i32> =
                                    (1..=2).filter(|i| !is_young(places[*i as usize - 1])).collect();
                                expected.push(3);
                                assert_eq!(found, expected, "{head_in:?} {first:?} {second:?} {last:?}");
                            }
                        }
                        let other = list.get(&scope).other_head().map(|node| node.value());
                        assert_eq!(other, plain, "the links of the other list are empty");
                        scope.collect(CollectionKind::Full);
                        assert_eq!(values(&scope, list), [3]);
                        scope.verify().unwrap();
                    }
                }
            }
        }
    }
}

/// Many dead members, and many living slots into the run: linear time, and every slot finds the end.
#[test]
fn long_runs_take_linear_time() {
    for place in [YOUNG, OLD] {
        let time = |count: usize| {
            // It measures one collection.
            let mut isolate = Isolate::builder()
                .unstressed(Mode::Allocations)
                .classes(&CLASSES)
                .semi_space_size(16 << 20, 16 << 20)
                .build()
                .unwrap();
            let mut scope = isolate.enter();
            let last = Node::new(&mut scope, init(-1));
            let outside = Keeper::new(&mut scope, KeeperInit { nodes: Filled::new(Nil, count / 4) });
            let members = Keeper::new(&mut scope, KeeperInit { nodes: Filled::new(Nil, count) });
            for i in 0..count {
                let mut inner = scope.nested();
                let node = Node::try_new_in(&mut inner, place, init(i as i32)).unwrap();
                match i.checked_sub(1) {
                    None => node.get(&inner).set_next(last),
                    Some(before) => node.get(&inner).set_next(members.get(&inner).nodes(before).unwrap()),
                }
                members.get(&inner).set_nodes(i, node);
                if i % 4 == 0 {
                    let slot = Node::new(&mut inner, init(-2));
                    slot.get(&inner).set_next(node);
                    outside.get(&inner).set_nodes(i / 4, slot);
                }
            }
            (0..count).for_each(|i| members.get(&scope).set_nodes(i, Nil));
            let start = Instant::now();
            scope.collect(CollectionKind::Full);
            let time = start.elapsed();
            for i in 0..count / 4 {
                let slot = outside.get(&scope).nodes(i).unwrap();
                assert_eq!(slot.next().map(|node| node.value()), Some(-1), "slot {i}");
            }
            time
        };
        let (short, long) = (time(2_000), time(40_000));
        // Quadratic would be 400 times as long; the rest is for a busy machine.
        assert!(long < short * 100 + Duration::from_millis(500), "{short:?} for 2000, {long:?} for 40000");
    }
}

#[test]
fn rings_of_the_dead_end() {
    for place in [Place::Young, Place::Old, Place::Large] {
        for count in 1..4 {
            let mut isolate = isolate();
            let mut scope = isolate.enter();
            let list = {
                let (mut inner, escape) = scope.escapable();
                let nodes: Vec<_> = (0..count).map(|i| node(&mut inner, i, place)).collect();
                for i in 0..count as usize {
                    nodes[i].get(&inner).set_next(nodes[(i + 1) % nodes.len()]);
                }
                let list = list(&mut inner, YOUNG, nodes[0]);
                escape.escape(&inner, list)
            };
            scope.collect(CollectionKind::Full);
            assert!(list.get(&scope).head().is_none());
            // A living member of a ring refers to itself in the end.
            let one = node(&mut scope, 1, place);
            {
                let mut inner = scope.nested();
                let two = node(&mut inner, 2, place);
                one.get(&inner).set_next(two);
                two.get(&inner).set_next(one);
            }
            scope.collect(CollectionKind::Full);
            let one = one.get(&scope);
            assert!(core::ptr::eq(one.next().unwrap(), one));
        }
    }
}

/// With no room in the old generation, a full collection leaves survivors young: a dead old member may lead an old head to
/// a young one, which no remembered slot of the head told of.
#[test]
fn a_dead_old_member_leads_to_one_that_had_to_stay_young() {
    let builder = Isolate::builder().classes(&CLASSES).verify(true).max_heap_size(8 << 20);
    let mut isolate = builder.semi_space_size(1 << 20, 1 << 20).build().unwrap();
    let mut scope = isolate.enter();
    let heavy =
        |value, bytes| HeavyNodeInit { parent: init(value), keeps: Nil, third: Nil, bytes: Filled::new(9, bytes) };
    let last = Node::try_new_in(&mut scope, OLD, init(3)).unwrap();
    let list = list(&mut scope, OLD, last);
    let member = Keeper::try_new_in(&mut scope, OLD, KeeperInit { nodes: Filled::new(Nil, 1) }).unwrap();
    {
        let mut inner = scope.nested();
        let node = Node::try_new_in(&mut inner, OLD, init(1)).unwrap();
        member.get(&inner).set_nodes(0, node);
        list.get(&inner).set_head(node);
    }
    while HeavyNode::try_new_in(&mut scope, OLD, heavy(0, 30_000)).is_ok() {}
    let young = HeavyNode::new(&mut scope, heavy(2, 30_000));
    member.get(&scope).nodes(0).unwrap().set_next(young.get(&scope).upcast::<Node>());
    member.get(&scope).set_nodes(0, Nil);
    assert_eq!(values(&scope, list), [1, 2]);
    scope.collect(CollectionKind::Full);
    assert_eq!(young.get(&scope).space(), SpaceId::New, "the old generation is full");
    assert_eq!(values(&scope, list), [2]);
    scope.collect(CollectionKind::Young);
    assert_eq!(values(&scope, list), [2]);
    scope.verify().unwrap();
}

/// A tail of weak elements in a large object beside heads: elements are cleared, also far from the object's start.
#[test]
fn elements_and_plain_fields_break_even_beside_lists() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let many = WeakNodes::new(&mut scope, WeakNodesInit { nodes: Filled::new(Nil, 200_000) });
    let last = Node::new(&mut scope, init(1));
    {
        let mut inner = scope.nested();
        let dead = Node::new(&mut inner, init(2));
        dead.get(&inner).set_next(last);
        for i in [0, 7, 100_000, 199_999] {
            many.get(&inner).set_nodes(i, dead);
        }
        many.get(&inner).set_nodes(5, last);
    }
    scope.collect(CollectionKind::Young);
    let live: Vec<_> = many.get(&scope).nodes_iter().enumerate().filter_map(|(i, n)| Some((i, n?.value()))).collect();
    assert_eq!(live, [(5, 1)]);
    scope.verify().unwrap();
}

/// The table says what the declaration does.
#[test]
fn the_layout_names_the_links() {
    use heapwright::HeapClass;
    let splice = |layout: &'static heapwright::ClassLayout, name| layout.find_field(name).unwrap().splice;
    assert_eq!(splice(List::LAYOUT, "head"), Some("next"));
    assert_eq!(splice(List::LAYOUT, "other_head"), Some("other"));
    assert_eq!(splice(HeavyNode::LAYOUT, "next"), Some("next"), "inherited");
    assert_eq!(splice(Node::LAYOUT, "plain"), None);
}

/// One step of the property test; numbers pick among what there is.
#[derive(Clone, Debug)]
enum Step {
    /// A new member at the front of one list, or of both.
    Push {
        list: usize,
        place: u8,
        both: bool,
    },
    /// Nothing keeps a member any more.
    Drop {
        index: usize,
    },
    /// A new list that begins where another does.
    Fork {
        list: usize,
        old: bool,
    },
    Collect {
        full: bool,
    },
    Garbage,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..4_usize, 0..8_u8, any::<bool>()).prop_map(|(list, place, both)| Step::Push { list, place, both }),
        5 => (0..64_usize).prop_map(|index| Step::Drop { index }),
        1 => (0..4_usize, any::<bool>()).prop_map(|(list, old)| Step::Fork { list, old }),
        2 => any::<bool>().prop_map(|full| Step::Collect { full }),
        1 => Just(Step::Garbage),
    ];
    proptest::collection::vec(step, 1..80)
}

/// What a list should hold: the numbers of its members, first to last, each still kept or not.
type Model = Vec<(i32, bool)>;

fn run(steps: &[Step], stress: Option<(u32, CollectionKind)>) {
    const KEPT: usize = 256;
    let mut builder = Isolate::builder().classes(&CLASSES).verify(true);
    if let Some((interval, kind)) = stress {
        builder = builder.stress(interval, kind);
    }
    let mut isolate = builder.build().unwrap();
    let mut scope = isolate.enter();
    let keeper = Keeper::try_new_in(&mut scope, OLD, KeeperInit { nodes: Filled::new(Nil, KEPT) }).unwrap();
    let mut lists = Vec::new();
    // Along `next` and along `other`.
    let mut models: Vec<[Model; 2]> = Vec::new();
    for old in [false, true] {
        let init = ListInit { head: Nil, other_head: Nil, plain_head: Nil };
        lists.push(List::try_new_in(&mut scope, if old { OLD } else { YOUNG }, init).unwrap());
        models.push([vec![], vec![]]);
    }
    let mut kept: Vec<i32> = Vec::new();
    let mut made = 0;
    for step in steps {
        match *step {
            Step::Push { list, place, both } if kept.len() < KEPT && (made as usize) < KEPT => {
                let list = list % lists.len();
                let value = made;
                made += 1;
                let place = match place {
                    0 => Place::Old,
                    1 if value % 8 == 0 => Place::Large,
                    _ => Place::Young,
                };
                let mut inner = scope.nested();
                let node = node(&mut inner, value, place);
                let (list_ref, node_ref) = (lists[list].get(&inner), node.get(&inner));
                node_ref.set_next(list_ref.head());
                list_ref.set_head(node);
                models[list][0].insert(0, (value, true));
                if both {
                    // The other list's head is constant: a second way to the members is through the nodes.
                    let before = keeper.get(&inner).nodes_iter().flatten().last();
                    node_ref.set_other(before);
                }
                keeper.get(&inner).set_nodes(value as usize, node);
                kept.push(value);
            }
            Step::Drop { index } if !kept.is_empty() => {
                let value = kept.remove(index % kept.len());
                keeper.get(&scope).set_nodes(value as usize, Nil);
                for member in models.iter_mut().flatten().flatten().filter(|(member, _)| *member == value) {
                    member.1 = false;
                }
            }
            Step::Fork { list, old } if lists.len() < 8 => {
                let from = list % lists.len();
                let place = if old { OLD } else { YOUNG };
                // A handle keeps the head alive, but not for long.
                let (mut inner, escape) = scope.escapable();
                let head = lists[from].get(&inner).head().map(|head| inner.handle(head));
                let init = ListInit { head, other_head: head, plain_head: head };
                let new = List::try_new_in(&mut inner, place, init).unwrap();
                lists.push(escape.escape(&inner, new));
                let model = models[from].clone();
                models.push(model);
            }
            Step::Collect { full } => {
                scope.collect(if full { CollectionKind::Full } else { CollectionKind::Young });
            }
            Step::Garbage => drop(Node::new(&mut scope.nested(), init(0))),
            _ => {}
        }
        for (list, [model, _]) in lists.iter().zip(&models) {
            // The living members are there, in order; of the dead, some may not have been collected.
            let found = values(&scope, *list);
            let mut rest = model.iter();
            assert!(found.iter().all(|value| rest.any(|(member, _)| member == value)), "{found:?} of {model:?}");
            let living: Vec<i32> = model.iter().filter(|(_, kept)| *kept).map(|(value, _)| *value).collect();
            assert!(living.iter().all(|value| found.contains(value)), "{found:?} lacks some of {living:?}");
        }
    }
    for _ in 0..2 {
        scope.collect(CollectionKind::Full);
    }
    for (list, [model, _]) in lists.iter().zip(&models) {
        let living: Vec<i32> = model.iter().filter(|(_, kept)| *kept).map(|(value, _)| *value).collect();
        assert_eq!(values(&scope, *list), living);
    }
    // Along `other`, what is found is alive, and no cycle: numbers fall.
    for node in keeper.get(&scope).nodes_iter().flatten() {
        let line: Vec<i32> = core::iter::successors(Some(node), |n| n.other()).map(|n| n.value()).collect();
        assert!(line.windows(2).all(|pair| pair[1] < pair[0]), "{line:?}");
        assert!(line.iter().all(|value| kept.contains(value)), "{line:?} of {kept:?}");
    }
    scope.verify().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lists_keep_the_living_in_order(steps in steps()) {
        run(&steps, None);
    }

    #[test]
    fn lists_keep_the_living_in_order_under_stress(steps in steps(), interval in 1..4_u32, full in any::<bool>()) {
        run(&steps, Some((interval, if full { CollectionKind::Full } else { CollectionKind::Young })));
    }
}
