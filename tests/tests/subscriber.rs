//! A `tracing` subscriber is user code that runs at every collection: it may panic, and it may try to enter an isolate.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

#[heap_object]
struct Node {
    value: Smi,
    next: Tagged<Option<Node>>,
}

heap_classes! { static CLASSES = [Node]; }

static EVENTS: AtomicU32 = AtomicU32::new(0);

/// Tries to enter an isolate of its own, and panics.
struct Hostile;

impl Subscriber for Hostile {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "heapwright::gc"
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {
        EVENTS.fetch_add(1, Ordering::Relaxed);
        assert!(Isolate::builder().build().is_err(), "another isolate is entered, so making one with roots fails");
        panic!("a hostile subscriber");
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn a_subscriber_that_panics_leaves_a_whole_heap() {
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        for stress in [false, true] {
            let mut builder = Isolate::builder().classes(&CLASSES).verify(true);
            if stress {
                builder = builder.stress(3, kind);
            }
            let mut isolate = builder.build().unwrap();
            let mut scope = isolate.enter();
            let list = Node::new(&mut scope, NodeInit { value: 0, next: Nil });
            let before = EVENTS.load(Ordering::Relaxed);
            tracing::subscriber::with_default(Hostile, || {
                for value in 1..40 {
                    let made = catch_unwind(AssertUnwindSafe(|| {
                        let next = list.get(&scope).next().map(|node| scope.handle(node));
                        let node = Node::new(&mut scope, NodeInit { value, next });
                        list.get(&scope).set_next(node);
                        scope.collect(kind);
                    }));
                    assert!(made.is_err(), "the subscriber's panic comes through");
                    scope.verify().unwrap();
                }
            });
            assert!(EVENTS.load(Ordering::Relaxed) >= before + 39);
            let mut at = list.get(&scope).next();
            let mut last = i32::MAX;
            while let Some(node) = at {
                assert!(node.value() < last);
                last = node.value();
                at = node.next();
            }
        }
    }
}
