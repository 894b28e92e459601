//! Schedules: collections where a seed says, recorded, and the same again.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::stress::{self, Mode};
use heapwright::{CollectionReason, GcAction, GcDecision, GcSchedule, Growing, HeapPolicy, prelude::*};
use heapwright_tests::{Random, panic_message};

#[heap_object]
pub struct Node {
    value: Smi,
    next: Tagged<Option<Node>>,
    weak: Weak<Node>,
}

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

#[heap_object(verify = positive)]
pub struct Positive {
    value: Smi,
}

fn positive(object: &Positive) -> Result<(), String> {
    if object.value() > 0 { Ok(()) } else { Err(format!("{} is not positive", object.value())) }
}

heap_classes! { static CLASSES = [Node, Bytes, Positive]; }

/// What a run was like: what was done, what was collected, and what the program saw.
#[derive(Debug, PartialEq)]
struct Run {
    decisions: GcSchedule,
    collections: Vec<(CollectionKind, CollectionReason, usize, usize)>,
    count: (u64, u64),
    sum: i64,
}

/// A random program over some lists, checked against what they should hold.
fn run(schedule: GcSchedule, program: u64, steps: usize) -> Run {
    const LISTS: usize = 4;
    let mut policy = HeapPolicy::default();
    policy.initial_old_generation_limit = 1 << 20;
    let builder = Isolate::builder().classes(&CLASSES).policy(policy).semi_space_size(256 << 10, 512 << 10);
    let mut isolate = builder.schedule(schedule).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    assert_eq!((scope.policy().threads, scope.policy().growing), (1, Growing::Bytes));
    let mut random = Random::new(program);
    let mut model: [Vec<i32>; LISTS] = Default::default();
    let mut lists: [Option<Global<Node>>; LISTS] = Default::default();
    let mut sum = 0;
    for step in 0..steps as i32 {
        let mut inner = scope.nested();
        let at = random.below(LISTS);
        match random.below(16) {
            0..10 => {
                let place = if random.one_in(3) { AllocationType::Old } else { AllocationType::Young };
                let next = lists[at].as_ref().map(|list| inner.handle(list.get(&inner)));
                let other = lists[random.below(LISTS)].as_ref().map(|list| inner.handle(list.get(&inner)));
                let init = NodeInit { value: step, next: Nil, weak: Nil };
                let node = Node::try_new_in(&mut inner, place, init).unwrap();
                if let Some(next) = next {
                    node.get(&inner).set_next(next.get(&inner));
                }
                if let Some(other) = other {
                    node.get(&inner).set_weak(other.get(&inner));
                }
                lists[at] = Some(Global::new(&inner, node));
                model[at].push(step);
            }
            10..12 => {
                // The head goes.
                let next = lists[at].as_ref().and_then(|list| list.get(&inner).next());
                lists[at] = next.map(|next| Global::from_ref(&inner, next));
                model[at].pop();
            }
            12 if random.one_in(4) => (lists[at], model[at]) = (None, Vec::new()),
            13 => {
                Bytes::new(&mut inner, BytesInit { data: Filled::new(1, 100 + random.below(3000)) });
            }
            14 => {
                let memory = inner.reserve(2 * Node::SIZE).unwrap();
                let one = Node::new_reserved(&memory, NodeInit { value: 1, next: Nil, weak: Nil });
                Node::new_reserved(&memory, NodeInit { value: 2, next: one, weak: one });
            }
            _ => {
                let (mut values, mut node) = (Vec::new(), lists[at].as_ref().map(|list| list.get(&inner)));
                while let Some(of) = node {
                    values.push(of.value());
                    sum += i64::from(of.weak().map_or(-1, |weak| weak.value()));
                    node = of.next();
                }
                values.reverse();
                assert_eq!(values, model[at]);
            }
        }
    }
    let statistics = scope.statistics();
    let collections = statistics.collections.iter();
    Run {
        decisions: scope.schedule_so_far().unwrap(),
        collections: collections.map(|of| (of.kind, of.reason, of.used_before, of.used_after)).collect(),
        count: (statistics.young.count, statistics.full.count),
        sum,
    }
}

#[test]
fn a_random_program_survives_many_schedules() {
    for seed in 0..60 {
        let run = run(GcSchedule::from_seed(seed), seed, 1500);
        assert!(run.count.0 >= 3 && run.count.1 >= 2, "{run:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_and_another_gives_another() {
    let one = run(GcSchedule::from_seed(1), 9, 3000);
    assert_eq!(run(GcSchedule::from_seed(1), 9, 3000), one);
    assert_ne!(run(GcSchedule::from_seed(2), 9, 3000).decisions, one.decisions);
    let decisions = one.decisions.decisions().unwrap();
    assert!(decisions.len() > 30, "{}", decisions.len());
    let has = |wanted: fn(&GcAction) -> bool| decisions.iter().any(|decision| wanted(&decision.action));
    assert!(has(|of| matches!(of, GcAction::Young)) && has(|of| matches!(of, GcAction::Full)));
    assert!(has(|of| matches!(of, GcAction::Mark(_))) && has(|of| matches!(of, GcAction::AbortMarking)));
    // Marking that is always under way, no schedule begins.
    assert!(has(|of| matches!(of, GcAction::StartMarking)) || stress::mode(Mode::Marking));
    assert!(has(|of| matches!(of, GcAction::FinishMarking)));
    assert_eq!(GcSchedule::from_seed(1).decisions(), None);
}

#[test]
fn decisions_may_be_replayed_and_written_down() {
    for seed in 10..14 {
        let one = run(GcSchedule::from_seed(seed), seed, 1500);
        assert_eq!(run(one.decisions.clone(), seed, 1500), one);
        let text = one.decisions.to_string();
        assert_eq!(text.parse(), Ok(one.decisions));
    }
    assert_eq!("seed:77".parse(), Ok(GcSchedule::from_seed(77)));
    let one = GcDecision { allocation: 3, action: GcAction::Mark(50) };
    let other = GcDecision { allocation: 2, action: GcAction::Young };
    assert_eq!(GcSchedule::replay([one, other]).to_string(), "2:young 3:mark=50");
    for wrong in ["young", "x:full", "3:mark", "3:mark=x", "3:sweep", "seed:x"] {
        let error = format!("1:full {wrong}").parse::<GcSchedule>().or_else(|_| wrong.parse()).unwrap_err();
        assert_eq!(error.word, wrong);
        assert!(error.to_string().starts_with(&format!("`{wrong}` is no decision")), "{error}");
    }
}

#[test]
fn a_list_is_followed_to_the_letter() {
    let decisions: GcSchedule =
        "5:young 5:full 9:start 9:mark=1 12:finish 13:finish 14:mark=9 15:abort".parse().unwrap();
    // What setting up the isolate allocates counts, too.
    let first = {
        let schedule = GcSchedule::replay([]);
        let mut isolate = Isolate::builder().classes(&CLASSES).schedule(schedule).build().unwrap();
        let scope = isolate.enter();
        assert_eq!(scope.schedule_so_far().unwrap().decisions().unwrap(), []);
        scope.allocation_statistics().in_space(heapwright::SpaceId::New)
    };
    assert_eq!(first, 0);
    let mut isolate = Isolate::builder().classes(&CLASSES).schedule(decisions.clone()).build().unwrap();
    let mut scope = isolate.enter();
    let mut counts = Vec::new();
    for x in 1..=20 {
        Positive::allocate(&mut scope, PositiveInit { value: x });
        let statistics = scope.statistics();
        counts.push((statistics.young.count, statistics.full.count));
    }
    assert_eq!(counts[3..5], [(0, 0), (1, 1)]);
    // There is something to finish where it was begun; marking all the time, always.
    let again = if stress::mode(Mode::Marking) { (1, 3) } else { (1, 2) };
    assert_eq!(counts[10..13], [(1, 1), (1, 2), again]);
    assert_eq!(counts[19], again);
    assert!(scope.statistics().collections.iter().all(|of| of.reason == CollectionReason::Schedule));
    assert_eq!(scope.schedule_so_far(), Some(decisions));
}

#[test]
fn there_is_none_unless_asked_for() {
    let mut isolate = Isolate::builder().build().unwrap();
    assert_eq!(isolate.enter().schedule_so_far(), None);
}

#[test]
fn the_verifier_tells_how_to_see_it_again() {
    let fail = |schedule: GcSchedule| {
        let mut isolate = Isolate::builder().classes(&CLASSES).schedule(schedule).verify(true).build().unwrap();
        let mut scope = isolate.enter();
        let mut made = 0;
        let message = panic_message(|| {
            for value in (0..500).rev() {
                made += 1;
                Positive::new(&mut scope, PositiveInit { value: value - 300 });
            }
        });
        (made, message)
    };
    let (made, message) = fail(GcSchedule::from_seed(5));
    let (violation, replay) = message.split_once("\nto see it again: `.schedule(\"").unwrap();
    assert!(violation.contains("is not positive"), "{violation}");
    let text = replay.strip_suffix("\".parse().unwrap())`").unwrap();
    let (made_again, message) = fail(text.parse().unwrap());
    assert_eq!(made_again, made);
    assert!(message.ends_with(replay), "{message}");
}
