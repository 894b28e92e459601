//! A subscriber of `tracing` that prints what it is told. Programs have one already, such as `tracing_subscriber::fmt`.

use std::fmt::Debug;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Prints the collector's events, a field a line.
pub struct Printed;

struct Fields;

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        println!("  {} = {value:?}", field.name());
    }
}

impl Subscriber for Printed {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "heapwright::gc"
    }
    fn event(&self, event: &Event<'_>) {
        println!("{} {}", event.metadata().level(), event.metadata().target());
        event.record(&mut Fields);
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
