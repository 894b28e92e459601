//! Who is told of collections when they are over: a subscriber of `tracing`, and the builder's sinks.
//!
//! Sinks are code of users, run where weak callbacks are and under the same rules: the heap is whole, they have no way to
//! it, and a panic in one is kept until the next safepoint ([`WeakGlobal::with_callback`](crate::WeakGlobal::with_callback)).

use super::CollectionRecord;
use crate::isolate::{IsolateBuilder, IsolateData};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

type Sink = Arc<dyn Fn(&CollectionRecord) + Send + Sync>;

/// The sinks of a builder, shared by the isolates that it makes.
#[derive(Clone, Default)]
pub(crate) struct CollectionSinks(Vec<Sink>);

impl core::fmt::Debug for CollectionSinks {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} sinks", self.0.len())
    }
}

/// How long each phase took, one after the other.
pub(super) struct PhaseTimer(Instant);

impl PhaseTimer {
    pub(super) fn new() -> PhaseTimer {
        PhaseTimer(Instant::now())
    }

    /// The time since the last call.
    pub(super) fn lap(&mut self) -> Duration {
        let now = Instant::now();
        now.saturating_duration_since(core::mem::replace(&mut self.0, now))
    }
}

impl IsolateData {
    /// Tells of the collection that has just ended.
    pub(super) fn tell_of_collection(&self) {
        let record = self.heap.collector.last();
        record.emit(self.heap.allocator.unreturned());
        for sink in &self.heap.options.sinks.0 {
            // Safe to go on after a panic: a sink reaches nothing of ours but the record, which it cannot change.
            self.weak_callbacks.note(catch_unwind(AssertUnwindSafe(|| sink(record))));
        }
    }
}

impl IsolateBuilder {
    /// Lets `sink` be called with the record of each collection when that is over, on the thread that collected; may be given
    /// several times. It is given nothing that leads to the heap, and cannot enter another isolate. A panic in it does no
    /// harm: it goes on at the next [safepoint](crate::WeakGlobal::with_callback), which for `collect` is its own end.
    /// Isolates of clones of this builder share the sinks; the record says which isolate it is of. V8: `AddGCEpilogueCallback`.
    ///
    /// ```
    /// # use heapwright::prelude::*;
    /// use std::sync::mpsc;
    ///
    /// let (send, received) = mpsc::channel();
    /// let mut isolate = Isolate::builder().trace_gc(move |record| send.send(*record).unwrap()).build()?;
    /// let mut scope = isolate.enter();
    /// scope.collect(CollectionKind::Young);
    /// scope.collect(CollectionKind::Full);
    /// let records: Vec<_> = received.try_iter().collect();
    /// assert_eq!(records, scope.statistics().collections);
    /// assert_eq!(records[1].kind, CollectionKind::Full);
    /// assert!(records[1].live.is_some() && records[1].since_start >= records[0].since_start);
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    #[must_use]
    pub fn trace_gc(mut self, sink: impl Fn(&CollectionRecord) + Send + Sync + 'static) -> Self {
        self.options.sinks.0.push(Arc::new(sink));
        self
    }

    /// Writes a line to standard error for each collection, once it is over: [`CollectionRecord`]'s `Display`. If the line
    /// cannot be written, it is not. V8: `--trace-gc`.
    ///
    /// The isolate; when the collection began; kind and reason; MiB of objects, and of chunks in brackets, before and after; the pause; what
    /// was copied and promoted; how long the program ran before and how fast it allocated; remembered slots that were looked at, if there
    /// were any. A full collection has what marking found
    /// alive, and parts of the pause; then what was evacuated, steps of marking before it and what other threads marked, if there were any. Of two programs:
    ///
    /// ```text
    /// [1]      24.5 ms: young semi-space full          1.0 (    3.2) →     1.0 (    3.2) MiB  pause   4.663 ms  copied   1.0 promoted   0.0 MiB  ran     24.5 ms at    40 MiB/s
    /// [1]      29.8 ms: young semi-space full          1.0 (    3.2) →     1.0 (    6.8) MiB  pause   9.752 ms  copied   0.0 promoted   1.0 MiB  ran      0.6 ms at     0 MiB/s
    /// [1]      69.7 ms: full  requested                0.5 (    3.8) →     0.5 (    4.2) MiB  pause   1.323 ms  copied   0.0 promoted   0.5 MiB  ran     69.7 ms at     7 MiB/s  live     0.5 MiB  scavenge 0.778 mark 0.360 evacuate 0.001 sweep 0.009 ms
    /// ```
    ///
    /// ```
    /// # use heapwright::prelude::*;
    /// # #[heap_object] struct Point { x: Smi, next: Tagged<Option<Point>> }
    /// # heap_classes! { static CLASSES = [Point]; }
    /// let mut isolate = Isolate::builder().classes(&CLASSES).trace_gc_to_stderr().build()?;
    /// let mut scope = isolate.enter();
    /// let list = Point::new(&mut scope, PointInit { x: 0, next: Nil });
    /// for x in 1..250_000 {
    ///     let mut inner = scope.nested();
    ///     let next = list.get(&inner).next().map(|point| inner.handle(point));
    ///     let point = Point::new(&mut inner, PointInit { x, next });
    ///     list.get(&inner).set_next(point);
    /// }
    /// scope.collect(CollectionKind::Full);
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    #[must_use]
    pub fn trace_gc_to_stderr(self) -> Self {
        self.trace_gc(|record| {
            let _ = writeln!(std::io::stderr(), "{record}");
        })
    }
}
