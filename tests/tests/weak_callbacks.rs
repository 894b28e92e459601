//! Weak callbacks and finalizers: when they run, in which order, how often, on which thread, and what becomes of what
//! they have captured; panics, stress, and what safe code may try.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::stress::Mode;
use heapwright::{IsolateBuilder, prelude::*};
use heapwright_tests::{Random, panic_message};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

#[heap_object]
pub struct Node {
    value: Smi,
    next: Tagged<Option<Node>>,
}

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

heap_classes! { pub static CLASSES = [Node, Bytes]; }

const KINDS: [CollectionKind; 2] = [CollectionKind::Young, CollectionKind::Full];

type Log = Arc<Mutex<Vec<String>>>;

fn builder() -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES).verify(true)
}

fn isolate() -> Isolate {
    builder().build().unwrap()
}

fn stressed(kind: CollectionKind) -> Isolate {
    Isolate::builder().classes(&CLASSES).stress(1, kind).verify(true).build().unwrap()
}

fn node<'s>(scope: &mut HandleScope<'s>, value: i32) -> Handle<'s, Node> {
    Node::new(scope, NodeInit { value, next: Nil })
}

fn note(log: &Log, what: impl Into<String>) {
    log.lock().unwrap().push(what.into());
}

fn taken(log: &Log) -> Vec<String> {
    std::mem::take(&mut log.lock().unwrap())
}

/// A weak global of a node that nothing else refers to, with a callback that notes both passes.
fn dying(scope: &mut HandleScope<'_>, log: &Log, value: i32) -> WeakGlobal<Node> {
    let mut inner = scope.nested();
    let node = node(&mut inner, value);
    let log = Arc::clone(log);
    WeakGlobal::with_callback(&inner, node, move |info| {
        note(&log, format!("first {value} {}", info.collection_kind().name()));
        info.second_pass(move |scope| {
            let made = self::node(scope, value);
            assert_eq!(made.get(scope).value(), value);
            note(&log, format!("second {value}"));
        });
    })
}

#[test]
fn both_passes_run_in_order_before_collect_returns() {
    for kind in KINDS {
        // Otherwise some have died when others are made.
        let (mut isolate, log) = (builder().unstressed(Mode::Allocations).build().unwrap(), Log::default());
        let mut scope = isolate.enter();
        let weak: Vec<_> = (0..3).map(|i| dying(&mut scope, &log, i)).collect();
        assert!(weak.iter().all(|w| w.get(&scope).is_some()));
        assert_eq!(taken(&log), [""; 0]);
        scope.collect(kind);
        let name = kind.name();
        let expected = [
            format!("first 0 {name}"),
            format!("first 1 {name}"),
            format!("first 2 {name}"),
            "second 0".into(),
            "second 1".into(),
            "second 2".into(),
        ];
        assert_eq!(taken(&log), expected);
        assert!(weak.iter().all(|w| w.get(&scope).is_none()));
        // Once at most, and nothing is left to cancel.
        scope.collect(CollectionKind::Full);
        scope.collect(CollectionKind::Young);
        assert_eq!(taken(&log), [""; 0]);
        assert!(weak.iter().all(|w| !w.cancel()));
        assert_eq!(scope.handle_count(), 0, "second passes have scopes of their own");
    }
}

/// Old objects die in full collections alone, young large ones in any; who is referred to does not die.
#[test]
fn the_referent_decides() {
    // Otherwise what was born young is old when it looks.
    let (mut isolate, log) = (builder().unstressed(Mode::Allocations).build().unwrap(), Log::default());
    let mut scope = isolate.enter();
    let kept = node(&mut scope, 1);
    let count = Arc::new(AtomicUsize::new(0));
    let counting = |count: &Arc<AtomicUsize>| {
        let count = Arc::clone(count);
        move |_: &mut heapwright::WeakCallbackInfo| {
            count.fetch_add(1, Ordering::Relaxed);
        }
    };
    let of_kept = WeakGlobal::with_callback(&scope, kept, counting(&count));
    let of_old = {
        let mut inner = scope.nested();
        let old = Node::try_new_in(&mut inner, AllocationType::Old, NodeInit { value: 2, next: Nil }).unwrap();
        WeakGlobal::with_callback(&inner, old, counting(&count))
    };
    let of_large = {
        let mut inner = scope.nested();
        let large = Bytes::new(&mut inner, BytesInit { data: Filled::new(0, 200_000) });
        WeakGlobal::with_callback(&inner, large, counting(&count))
    };
    let young = dying(&mut scope, &log, 3);
    scope.collect(CollectionKind::Young);
    assert_eq!((count.load(Ordering::Relaxed), taken(&log).len()), (1, 2));
    assert!(of_old.get(&scope).is_some() && of_large.get(&scope).is_none() && young.get(&scope).is_none());
    scope.collect(CollectionKind::Full);
    assert_eq!(count.load(Ordering::Relaxed), 2);
    assert!(of_old.get(&scope).is_none());
    assert!(core::ptr::eq(of_kept.get(&scope).unwrap(), kept.get(&scope)));
}

#[test]
fn a_collection_of_an_allocation_runs_first_passes_and_keeps_second_ones_for_a_safepoint() {
    for kind in KINDS {
        let (mut isolate, log) = (stressed(kind), Log::default());
        let mut scope = isolate.enter();
        let weak = dying(&mut scope, &log, 7);
        node(&mut scope, 0); // collects before
        assert_eq!(taken(&log), [format!("first 7 {}", kind.name())]);
        assert!(weak.get(&scope).is_none());
        for _ in 0..10 {
            node(&mut scope, 0);
        }
        drop(scope.reserve(100).unwrap());
        assert_eq!((taken(&log).len(), scope.waiting_weak_callbacks()), (0, 1));
        assert_eq!(scope.run_weak_callbacks(), 1);
        assert_eq!(taken(&log), ["second 7"]);
        assert_eq!((scope.run_weak_callbacks(), scope.waiting_weak_callbacks()), (0, 0));

        // Entering is a safepoint too, on whatever thread.
        let _weak = dying(&mut scope, &log, 8);
        node(&mut scope, 0);
        drop(scope);
        assert_eq!(taken(&log), [format!("first 8 {}", kind.name())]);
        let mut isolate = std::thread::spawn(move || {
            drop(isolate.enter());
            isolate
        })
        .join()
        .unwrap();
        assert_eq!(taken(&log), ["second 8"]);
        drop(isolate.enter());
        assert_eq!(taken(&log), [""; 0]);
    }
}

#[test]
fn finalizers_get_their_data_back() {
    struct Resource(i32, Log);
    impl Drop for Resource {
        fn drop(&mut self) {
            note(&self.1, format!("drop {}", self.0));
        }
    }
    let (mut isolate, log) = (isolate(), Log::default());
    let mut scope = isolate.enter();
    let finalized = {
        let mut inner = scope.nested();
        let node = node(&mut inner, 1);
        WeakGlobal::with_finalizer(&inner, node, Resource(1, Arc::clone(&log)), |scope, data| {
            note(&data.1, format!("finalize {} in {}", data.0, scope.isolate_id()));
        })
    };
    let (cancelled, forgotten) = {
        let mut inner = scope.nested();
        let node = node(&mut inner, 2);
        let finalizer = |_: &mut HandleScope<'_>, _: Resource| panic!("must not run");
        let of = |i| WeakGlobal::with_finalizer(&inner, node, Resource(i, Arc::clone(&log)), finalizer);
        inner.add_finalizer(node, Resource(5, Arc::clone(&log)), |_, data| note(&data.1, "finalize 5"));
        (of(2), of(3))
    };
    assert!(cancelled.clone().cancel());
    assert!(!cancelled.cancel());
    drop(forgotten);
    assert_eq!(taken(&log), ["drop 2", "drop 3"]);
    scope.collect(CollectionKind::Young);
    assert_eq!(
        taken(&log),
        [format!("finalize 1 in {}", scope.isolate_id()), "drop 1".into(), "finalize 5".into(), "drop 5".into()]
    );
    drop(finalized);
    let weak = {
        let node = node(&mut scope, 4);
        scope.add_finalizer(node, Resource(6, Arc::clone(&log)), |_, _| panic!("must not run"));
        WeakGlobal::with_finalizer(&scope, node, Resource(4, Arc::clone(&log)), |_, _| panic!("must not run"))
    };
    scope.collect(CollectionKind::Full);
    drop(scope);
    assert_eq!(taken(&log), [""; 0], "the referent lived until the scope ended");
    // The isolate's end runs no callback, but what they have captured goes with it.
    drop(isolate);
    let mut dropped = taken(&log);
    dropped.sort();
    assert_eq!(dropped, ["drop 4", "drop 6"]);
    assert!(!weak.cancel());
}

/// Second passes that wait when the isolate goes are dropped too.
#[test]
fn the_isolate_drops_what_waits() {
    let (mut isolate, log) = (stressed(CollectionKind::Young), Log::default());
    let mut scope = isolate.enter();
    let token = Arc::new(());
    {
        let mut inner = scope.nested();
        let node = node(&mut inner, 1);
        inner.add_finalizer(node, Arc::clone(&token), |_, _| panic!("must not run"));
    }
    let _weak = dying(&mut scope, &log, 1);
    node(&mut scope, 0);
    assert_eq!((Arc::strong_count(&token), scope.waiting_weak_callbacks()), (2, 2));
    drop(scope);
    drop(isolate);
    assert_eq!((Arc::strong_count(&token), taken(&log).len()), (1, 1));
}

#[test]
fn the_last_clone_on_any_thread_drops_the_callback() {
    let (mut isolate, log) = (isolate(), Log::default());
    let mut scope = isolate.enter();
    let a = dying(&mut scope, &log, 1);
    let b = dying(&mut scope, &log, 2);
    let clone = a.clone();
    std::thread::spawn(move || drop((a, b))).join().unwrap();
    scope.collect(CollectionKind::Full);
    assert_eq!(taken(&log), ["first 1 full", "second 1"]);
    drop(clone);
}

/// A first pass may drop the weak global of one that has not had its turn.
#[test]
fn a_callback_may_drop_another() {
    for later in [true, false] {
        // Otherwise one has died when the other is made.
        let (mut isolate, log) = (builder().unstressed(Mode::Allocations).build().unwrap(), Log::default());
        let mut scope = isolate.enter();
        let other: Arc<Mutex<Option<WeakGlobal<Node>>>> = Arc::default();
        if !later {
            *other.lock().unwrap() = Some(dying(&mut scope, &log, 2));
        }
        let _dropper = {
            let mut inner = scope.nested();
            let node = node(&mut inner, 1);
            let (log, other) = (Arc::clone(&log), Arc::clone(&other));
            WeakGlobal::with_callback(&inner, node, move |_| {
                note(&log, "dropper");
                drop(other.lock().unwrap().take());
            })
        };
        if later {
            *other.lock().unwrap() = Some(dying(&mut scope, &log, 2));
        }
        scope.collect(CollectionKind::Young);
        let expected: &[&str] = if later { &["dropper"] } else { &["first 2 young", "dropper", "second 2"] };
        assert_eq!(taken(&log), expected);
    }
}

/// A node is given out again only when no registration looks at it any more.
#[test]
fn nodes_that_are_used_again_do_not_run_old_callbacks() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    for round in 0..3000 {
        let mut inner = scope.nested();
        let lives = node(&mut inner, round);
        let weak = WeakGlobal::with_callback(&inner, lives, |_| panic!("its global was dropped"));
        drop(weak);
        // Takes a node that was free, and is empty after the next collection.
        let mut innermost = inner.nested();
        let dies = node(&mut innermost, -1);
        let plain = WeakGlobal::new(&innermost, dies);
        drop(innermost);
        if round % 100 == 0 {
            inner.collect(CollectionKind::Young);
            assert!(plain.get(&inner).is_none());
        }
        assert_eq!(lives.get(&inner).value(), round);
    }
    scope.collect(CollectionKind::Full);
}

#[test]
fn a_panic_lets_the_others_run_and_finds_the_heap_whole() {
    for kind in KINDS {
        // Otherwise some have died when others are made.
        let (mut isolate, log) = (builder().unstressed(Mode::Allocations).build().unwrap(), Log::default());
        let mut scope = isolate.enter();
        let kept = node(&mut scope, 42);
        let mut weak = vec![dying(&mut scope, &log, 1)];
        for name in ["one", "two"] {
            let mut inner = scope.nested();
            let node = node(&mut inner, 0);
            let log = Arc::clone(&log);
            weak.push(WeakGlobal::with_callback(&inner, node, move |info| {
                info.second_pass(move |scope| {
                    for i in 0..3000 {
                        self::node(scope, i);
                    }
                    note(&log, format!("second {name}"));
                    panic!("second of {name}");
                });
                panic!("first of {name}");
            }));
        }
        weak.push(dying(&mut scope, &log, 2));
        assert_eq!(panic_message(|| scope.collect(kind)), "first of one");
        let name = kind.name();
        let expected = [format!("first 1 {name}"), format!("first 2 {name}")];
        assert_eq!(taken(&log)[..2], expected);
        assert_eq!((scope.waiting_weak_callbacks(), scope.handle_count()), (0, 1));
        scope.verify().unwrap();
        // All is as before, and the panic is told once.
        scope.collect(kind);
        assert_eq!(kept.get(&scope).value(), 42);
        let again = dying(&mut scope, &log, 3);
        scope.collect(CollectionKind::Full);
        assert_eq!(taken(&log), ["first 3 full", "second 3"]);
        drop((weak, again));
    }
}

/// A panic in a collection that an allocation caused does not leave the allocation: it goes on at the safepoint.
#[test]
fn a_panic_waits_for_the_safepoint() {
    let mut isolate = stressed(CollectionKind::Young);
    let mut scope = isolate.enter();
    let weak = {
        let mut inner = scope.nested();
        let node = node(&mut inner, 0);
        WeakGlobal::with_callback(&inner, node, |_| panic!("out of turn"))
    };
    let made = node(&mut scope, 5);
    assert!(weak.get(&scope).is_none());
    assert_eq!(made.get(&scope).value(), 5);
    drop(scope);
    assert_eq!(panic_message(|| drop(isolate.enter())), "out of turn");
    // Left properly: another isolate can be entered.
    drop(self::isolate().enter());
    let mut scope = isolate.enter();
    scope.verify().unwrap();
    assert_eq!(scope.run_weak_callbacks(), 0);
}

/// A collection while the thread unwinds: a second panic would end the process, so it waits.
#[test]
fn a_panic_waits_while_the_thread_is_panicking() {
    struct Collects<'a, 's>(&'a mut HandleScope<'s>);
    impl Drop for Collects<'_, '_> {
        fn drop(&mut self) {
            self.0.collect(CollectionKind::Full);
        }
    }
    let (mut isolate, log) = (isolate(), Log::default());
    let mut scope = isolate.enter();
    let weak = {
        let mut inner = scope.nested();
        let node = node(&mut inner, 0);
        WeakGlobal::with_callback(&inner, node, |_| panic!("the inner one"))
    };
    let other = dying(&mut scope, &log, 1);
    let message = panic_message(|| {
        let _guard = Collects(&mut scope);
        panic!("the outer one");
    });
    assert_eq!(message, "the outer one");
    assert_eq!(taken(&log), ["first 1 full", "second 1"]);
    assert_eq!(panic_message(|| scope.run_weak_callbacks()), "the inner one");
    assert_eq!(scope.run_weak_callbacks(), 0);
    drop((weak, other));
}

/// Second passes that collect, allocate and register others: those wait for the next time, so it ends.
#[test]
fn second_passes_do_not_nest() {
    fn again(scope: &mut HandleScope<'_>, (left, depth, count): (usize, Arc<AtomicUsize>, Arc<AtomicUsize>)) {
        assert_eq!(depth.fetch_add(1, Ordering::Relaxed), 0, "one at a time");
        count.fetch_add(1, Ordering::Relaxed);
        if left > 0 {
            {
                let mut inner = scope.nested();
                let node = node(&mut inner, 0);
                inner.add_finalizer(node, (left - 1, Arc::clone(&depth), Arc::clone(&count)), again);
            }
            scope.collect(CollectionKind::Young);
            assert_eq!((scope.run_weak_callbacks(), scope.waiting_weak_callbacks()), (0, 1));
        }
        depth.fetch_sub(1, Ordering::Relaxed);
    }
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let count = Arc::new(AtomicUsize::new(0));
    {
        let mut inner = scope.nested();
        let node = node(&mut inner, 0);
        inner.add_finalizer(node, (4, Arc::default(), Arc::clone(&count)), again);
    }
    scope.collect(CollectionKind::Full);
    for round in 1..=4 {
        assert_eq!(count.load(Ordering::Relaxed), round);
        assert_eq!(scope.run_weak_callbacks(), 1);
    }
    assert_eq!((count.load(Ordering::Relaxed), scope.run_weak_callbacks()), (5, 0));
}

/// No other isolate can be entered from a first pass, nor this one by a detour.
#[test]
fn a_first_pass_has_no_way_into_a_heap() {
    let (mut isolate, log) = (isolate(), Log::default());
    let mut other = self::isolate();
    let mut scope = isolate.enter();
    let weak = {
        let mut inner = scope.nested();
        let node = node(&mut inner, 0);
        let (log, id) = (Arc::clone(&log), inner.isolate_id());
        WeakGlobal::with_callback(&inner, node, move |info| {
            assert_eq!(info.isolate_id(), id);
            assert_eq!(other.try_enter().unwrap_err().entered, id);
            assert!(Isolate::builder().build().is_err());
            note(&log, "tried"); // and the other isolate is dropped here
        })
    };
    scope.collect(CollectionKind::Young);
    assert_eq!(taken(&log), ["tried"]);
    drop(weak);

    // A scope for ever, in a thread-local: while it collects, it is borrowed.
    thread_local! {
        static SCOPE: std::cell::RefCell<Option<HandleScope<'static>>> = const { std::cell::RefCell::new(None) };
    }
    drop(scope);
    let forever = Box::leak(Box::new(isolate)).enter();
    SCOPE.set(Some(forever));
    let tried = Arc::clone(&log);
    let weak = SCOPE.with_borrow_mut(|scope| {
        let mut inner = scope.as_mut().unwrap().nested();
        let node = node(&mut inner, 0);
        WeakGlobal::with_callback(&inner, node, move |_| {
            SCOPE.with(|scope| note(&tried, format!("borrowed: {}", scope.try_borrow().is_err())));
        })
    });
    SCOPE.with_borrow_mut(|scope| scope.as_mut().unwrap().collect(CollectionKind::Full));
    assert_eq!(taken(&log), ["borrowed: true"]);
    drop(weak);
    SCOPE.set(None);
}

/// Many objects of random lives, weak globals dropped here and on another thread, in a heap that collects at each
/// allocation: each callback runs exactly if its object dies while its global lives.
#[test]
fn a_random_life_under_stress() {
    for (seed, kind) in [(1, CollectionKind::Young), (2, CollectionKind::Full)] {
        let mut random = Random::new(seed);
        let mut isolate = stressed(kind);
        let ran = Arc::new(Mutex::new(Vec::new()));
        let (mut weak, mut strong) = (Vec::new(), Vec::new());
        let mut must_not = Vec::new();
        for value in 0..300 {
            let mut scope = isolate.enter();
            let node = node(&mut scope, value);
            let of_run = Arc::clone(&ran);
            let global = WeakGlobal::with_finalizer(&scope, node, value, move |scope, value| {
                self::node(scope, value);
                of_run.lock().unwrap().push(value);
            });
            let keeper = Global::new(&scope, node);
            if random.one_in(3) {
                must_not.push(value);
                if random.one_in(2) {
                    drop(global);
                } else {
                    std::thread::spawn(move || drop(global)).join().unwrap();
                }
                strong.push((value, keeper));
            } else {
                weak.push((value, global));
                strong.push((value, keeper));
            }
            if random.one_in(2) {
                let index = random.below(strong.len());
                strong.swap_remove(index);
            }
        }
        let mut scope = isolate.enter();
        scope.collect(CollectionKind::Full);
        let mut ran = ran.lock().unwrap().clone();
        ran.sort_unstable();
        let lives: Vec<i32> = strong.iter().map(|(value, _)| *value).collect();
        let expected: Vec<i32> = (0..300).filter(|v| !must_not.contains(v) && !lives.contains(v)).collect();
        assert_eq!(ran, expected);
        assert!(!expected.is_empty() && !must_not.is_empty());
        for (value, global) in &weak {
            assert_eq!(global.get(&scope).map(Node::value), lives.contains(value).then_some(*value));
        }
    }
}

/// Dropped on one thread while another runs callbacks: each callback runs or is dropped, never both, never neither.
#[test]
fn drops_race_with_first_passes() {
    struct Counted {
        ran: bool,
        counts: Arc<[AtomicUsize; 2]>,
    }
    impl Counted {
        fn run(mut self) {
            assert!(!self.ran);
            self.ran = true;
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            self.counts[usize::from(self.ran)].fetch_add(1, Ordering::Relaxed);
        }
    }
    const ROUNDS: usize = 60;
    const MANY: usize = 400;
    // Otherwise some have died when others are made.
    let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let counts = Arc::<[AtomicUsize; 2]>::default();
    for round in 0..ROUNDS {
        let barrier = Arc::new(std::sync::Barrier::new(2));
        let weak: Vec<_> = (0..MANY)
            .map(|i| {
                let mut inner = scope.nested();
                let node = node(&mut inner, i as i32);
                let counted = Counted { ran: false, counts: Arc::clone(&counts) };
                // The first one lets the other thread begin.
                let begin = (i == 0).then(|| Arc::clone(&barrier));
                WeakGlobal::with_callback(&inner, node, move |_| {
                    if let Some(barrier) = begin {
                        barrier.wait();
                    }
                    counted.run();
                })
            })
            .collect();
        let other = std::thread::spawn(move || {
            barrier.wait();
            // From the last on, so that the two meet.
            weak.into_iter().rev().for_each(drop);
        });
        scope.collect(KINDS[round % 2]);
        // Nodes are given out again meanwhile.
        let plain: Vec<_> = (0..MANY)
            .map(|i| {
                let node = node(&mut scope, i as i32);
                WeakGlobal::new(&scope, node)
            })
            .collect();
        other.join().unwrap();
        assert!(plain.iter().all(|weak| weak.get(&scope).is_some()));
        let [dropped, ran] = [0, 1].map(|i| counts[i].load(Ordering::Relaxed));
        assert_eq!(dropped + ran, (round + 1) * MANY);
        assert!(ran > round);
    }
}

/// Registrations that are dropped at once leave nothing behind, though nothing is collected.
#[test]
fn registering_over_and_over_needs_no_collection() {
    // It counts collections.
    let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let node = node(&mut scope, 1);
    let token = Arc::new(());
    let kept: Vec<_> = (0..100)
        .map(|_| {
            let token = Arc::clone(&token);
            WeakGlobal::with_callback(&scope, node, move |_| drop(token))
        })
        .collect();
    for _ in 0..100_000 {
        let token = Arc::clone(&token);
        drop(WeakGlobal::with_callback(&scope, node, move |_| drop(token)));
    }
    assert_eq!(Arc::strong_count(&token), 101);
    assert_eq!(scope.statistics().collections.len(), 0);
    assert!(kept.iter().all(|weak| weak.get(&scope).is_some()));
}
