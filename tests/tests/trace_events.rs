//! The `tracing` event of each collection has what its record has. In a process of its own: whether an event is wanted is
//! remembered for all threads, and tests beside it want none.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::{CollectionRecord, prelude::*};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

#[heap_object]
struct Node {
    value: Smi,
    next: Tagged<Option<Node>>,
}

heap_classes! { static CLASSES = [Node]; }

type Records = Arc<Mutex<Vec<CollectionRecord>>>;

/// A builder that keeps the records, and where it does.
fn recorded() -> (heapwright::IsolateBuilder, Records) {
    let records = Records::default();
    let sink = Arc::clone(&records);
    (Isolate::builder().classes(&CLASSES).trace_gc(move |record| sink.lock().unwrap().push(*record)), records)
}

fn chain<'s>(scope: &mut HandleScope<'s>, length: i32) -> Handle<'s, Node> {
    let head = Node::new(scope, NodeInit { value: 0, next: Nil });
    for value in 1..length {
        let mut inner = scope.nested();
        let next = head.get(&inner).next().map(|node| inner.handle(node));
        let node = Node::new(&mut inner, NodeInit { value, next });
        head.get(&inner).set_next(node);
    }
    head
}

/// Keeps the numbers of the last event.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<HashMap<&'static str, String>>>>);

struct Fields<'a>(&'a mut HashMap<&'static str, String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl Subscriber for Events {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "heapwright::gc"
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut fields = HashMap::new();
        event.record(&mut Fields(&mut fields));
        self.0.lock().unwrap().push(fields);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn events_have_the_fields_of_records() {
    let (builder, records) = recorded();
    let mut isolate = builder.build().unwrap();
    let mut scope = isolate.enter();
    let events = Events::default();
    tracing::subscriber::with_default(events.clone(), || {
        chain(&mut scope, 100_000);
        scope.collect(CollectionKind::Full);
        scope.collect(CollectionKind::Young);
    });
    let (events, records) = (events.0.lock().unwrap(), records.lock().unwrap());
    assert_eq!(events.len(), records.len());
    for (event, record) in events.iter().zip(&*records) {
        let us = |time: Duration| time.as_micros().to_string();
        let expected = [
            ("message", "collected".to_owned()),
            ("isolate", record.isolate.to_string()),
            ("kind", record.kind.name().to_owned()),
            ("reason", record.reason.name().to_owned()),
            ("since_start_us", us(record.since_start)),
            ("mutator_us", us(record.mutator)),
            ("pause_us", us(record.pause)),
            ("scavenging_us", us(record.phases.scavenging)),
            ("marking_us", us(record.phases.marking)),
            ("evacuating_us", us(record.phases.evacuating)),
            ("sweeping_us", us(record.phases.sweeping)),
            ("allocated", record.allocated.to_string()),
            ("used_before", record.used_before.to_string()),
            ("used_after", record.used_after.to_string()),
            ("committed_before", record.committed_before.to_string()),
            ("committed_after", record.committed_after.to_string()),
            ("copied", record.copied.to_string()),
            ("promoted", record.promoted.to_string()),
            ("remembered", record.remembered.to_string()),
            ("evacuated", record.evacuated.to_string()),
            ("evacuated_chunks", record.evacuated_chunks.to_string()),
            ("aborted_chunks", record.aborted_chunks.to_string()),
            ("marking_steps", record.marking_steps.count.to_string()),
            ("marking_steps_us", us(record.marking_steps.pause)),
            ("marking_steps_visited", record.marking_steps.visited.to_string()),
            ("marking_steps_elsewhere", record.marking_steps.elsewhere.to_string()),
            ("unreturned", "0".to_owned()),
        ];
        for (name, value) in &expected {
            assert_eq!(event.get(name), Some(value), "{name}");
        }
        assert_eq!(event.get("live").cloned(), record.live.map(|live| live.to_string()));
        assert_eq!(event.len(), expected.len() + usize::from(record.live.is_some()), "{event:?}");
    }
}
