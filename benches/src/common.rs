//! What the benchmarks share with those of other heaps: a generator, a hash, latencies.

use hdrhistogram::Histogram;
use heapwright::{ClassRegistry, HandleScope, Isolate, IsolateBuilder};
use std::time::Instant;

/// What a benchmark returns.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    /// The same on every heap.
    pub(crate) checksum: u64,
    /// More members of the line, each with a comma before it.
    pub(crate) more: String,
    /// Seconds, where not all of the run counts.
    pub(crate) seconds: Option<f64>,
}

impl Outcome {
    pub(crate) fn of(checksum: u64) -> Outcome {
        Outcome { checksum, more: String::new(), seconds: None }
    }
}

/// What all benchmarks make their isolates with. `HEAPWRIGHT_GC_THREADS` says how many threads may collect; with `HEAPWRIGHT_TRACE_GC`,
/// there is a line for each collection.
pub(crate) fn builder(classes: &'static ClassRegistry) -> IsolateBuilder {
    let mut builder = Isolate::builder().classes(classes);
    if std::env::var_os("HEAPWRIGHT_TRACE_GC").is_some() {
        builder = builder.trace_gc_to_stderr();
    }
    match std::env::var("HEAPWRIGHT_GC_THREADS").ok().and_then(|threads| threads.parse().ok()) {
        Some(threads) => builder.gc_threads(threads),
        None => builder,
    }
}

/// Xorshift, 32 bits.
pub(crate) struct Random(u32);

impl Random {
    pub(crate) const fn new() -> Random {
        Random(0x92d6_8ca2)
    }

    #[inline(always)]
    pub(crate) const fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }
}

/// Murmur3's finalizer.
#[inline(always)]
pub(crate) const fn mix(mut hash: u32) -> u32 {
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

/// What the collector did, as members of a line.
pub(crate) fn collections(scope: &HandleScope<'_>) -> String {
    let statistics = scope.statistics();
    let (young, full, steps) = (statistics.young, statistics.full, statistics.marking_steps);
    let mb = |bytes: u64| bytes >> 20;
    format!(
        r#","young":{},"young_s":{:.3},"full":{},"full_s":{:.3},"steps":{},"steps_s":{:.3},"copied_mb":{},"promoted_mb":{}"#,
        young.count,
        young.pause.as_secs_f64(),
        full.count,
        full.pause.as_secs_f64(),
        steps.count,
        steps.pause.as_secs_f64(),
        mb(young.copied + full.copied),
        mb(young.promoted + full.promoted)
    )
}

/// How long the steps of a benchmark take.
pub(crate) struct Latency {
    histogram: Histogram<u32>,
    start: Instant,
    last: Instant,
}

impl Latency {
    pub(crate) fn new() -> Latency {
        let now = Instant::now();
        let histogram = Histogram::new_with_bounds(1, 60_000_000_000, 2).expect("valid bounds");
        Latency { histogram, start: now, last: now }
    }

    /// A step has ended.
    #[inline]
    pub(crate) fn step(&mut self) {
        let now = Instant::now();
        self.histogram.saturating_record((now - self.last).as_nanos() as u64);
        self.last = now;
    }

    /// Seconds until the last step.
    pub(crate) fn elapsed(&self) -> f64 {
        (self.last - self.start).as_secs_f64()
    }

    /// As members of a line.
    pub(crate) fn members(&self) -> String {
        let at = |quantile| self.histogram.value_at_quantile(quantile);
        let (p50, p99, p999, max) = (at(0.5), at(0.99), at(0.999), self.histogram.max());
        format!(r#","p50_ns":{p50},"p99_ns":{p99},"p999_ns":{p999},"max_ns":{max}"#)
    }
}
