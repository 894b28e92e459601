//! How much the old generation may grow until it is collected again.
//!
//! **Owns** the rules, [`Growing`], and the speeds that one of them goes by. **Promises** that the limit is never below
//! the policy's [initial one](crate::HeapPolicy::initial_old_generation_limit), and that the clock is asked between
//! collections alone.
//!
//! # By measured speeds
//!
//! A collection of the whole heap costs time in proportion to what lives; how often it is due depends on how fast the
//! program fills the old generation. With `R` the collector's speed over the program's, both in bytes a second, the program
//! has the share `U` of all time if the heap may grow by the factor `R·(1−U) / (R·(1−U) − U)`. As in V8, `U` is
//! 97 %, and the factor is at least 1.1 and at most 4. So a program that makes old objects slowly keeps a small heap, as it
//! loses next to no time to that.
//!
//! The limit lies at least 8 MiB and a semi-space above what lives, and at most half-way to the limit of the whole heap, as in V8, but if
//! that is near, as far as [by bytes](Growing::Bytes).
//!
//! The collector's time is that of full collections and of all steps of marking, with the scavenges that made some; the
//! program's is what is left when that and other scavenges are taken out. Each new measurement counts as much as all before it,
//! in proportion to its bytes. V8: `MemoryController`, `GCTracer`.

use crate::heap::Heap;
use crate::memory::{CHUNK_SIZE, MB};
use std::time::{Duration, Instant};

/// The rule by which the old generation grows. V8: `Heap::HeapGrowingMode` and `--heap-growing-percent`.
///
/// ```
/// use heapwright::{Growing, prelude::*};
///
/// // The same number of collections in each run, whatever else the machine does.
/// let isolate = Isolate::builder().growing(Growing::Bytes).build()?;
/// # Ok::<(), heapwright::IsolateError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Growing {
    /// By the [speeds](self) of the program and the collector, to four times what is alive at the most. When the heap is collected
    /// depends on time then.
    #[default]
    Measured,
    /// To twice what is alive; with less than 64 MiB alive, by that much, but to no more than three times. Depends on nothing
    /// but bytes.
    Bytes,
    /// To so many percent of what is alive, from 110 to 1000. Depends on nothing but bytes.
    Percent(u32),
}

/// See [`Growing::Bytes`].
const SMALL_OLD_GENERATION: usize = 64 * MB;

/// The share of time that the program is to have. V8: `kTargetMutatorUtilization`.
pub const TARGET_MUTATOR_UTILIZATION: f64 = 0.97;

/// Bounds of the factor. V8: `kMinGrowingFactor`, `kMaxGrowingFactor`.
const LEAST: f64 = 1.1;
const MOST: f64 = 4.0;

/// V8: `kMinimumAllocationLimitGrowingStep`.
const LEAST_STEP: usize = 8 * MB;

impl Growing {
    /// The limit with `live` bytes alive.
    fn limit(self, live: usize, factor: Option<f64>, semi_space: usize, max_heap_size: usize) -> usize {
        let by_bytes = (live * 2).max((live * 3).min(live + SMALL_OLD_GENERATION));
        match (self, factor) {
            (Growing::Percent(percent), _) => (live as u128 * u128::from(percent) / 100) as usize,
            (Growing::Bytes, _) | (Growing::Measured, None) => by_bytes,
            (Growing::Measured, Some(factor)) => {
                let half_way = live + max_heap_size.saturating_sub(live) / 2;
                ((live as f64 * factor) as usize).max(live + LEAST_STEP + semi_space).min(half_way.max(by_bytes))
            }
        }
    }
}

impl Heap {
    /// After it has become known what is alive in the old generation, or by which rule that grows: when to mark it again.
    pub(crate) fn limit_old_generation(&mut self) {
        let policy = &self.options.policy;
        let (semi_space, max_heap_size) = (self.new_space.capacity(), self.allocator.max_heap_size());
        let limit = policy.growing.limit(self.old_generation_live, self.speeds.factor(), semi_space, max_heap_size);
        self.old_generation_limit = limit.max(policy.initial_old_generation_limit);
        // What is freed now will be wanted again by then.
        let growth = self.old_generation_limit.saturating_sub(self.old_generation_live).saturating_add(semi_space);
        self.allocator.set_pool_capacity(growth / CHUNK_SIZE);
    }

    /// What the clock says, if somebody has to know. Between collections alone: the clock may be a user's.
    pub(crate) fn time_for_speeds(&self) -> Option<Instant> {
        (self.options.policy.growing == Growing::Measured).then(|| self.options.clock.now())
    }
}

/// Bytes and the seconds that went by meanwhile.
#[derive(Clone, Copy, Debug, Default)]
struct Speed {
    bytes: f64,
    seconds: f64,
}

impl Speed {
    /// Half of all before, and this.
    fn add(&mut self, bytes: usize, time: Duration) {
        self.bytes = self.bytes / 2.0 + bytes as f64;
        self.seconds = self.seconds / 2.0 + time.as_secs_f64();
    }

    /// Bytes a second; `None` if there is nothing to tell it by.
    fn rate(self) -> Option<f64> {
        (self.bytes > 0.0 && self.seconds > 0.0).then(|| self.bytes / self.seconds)
    }
}

/// How fast the program makes the old generation grow, and how fast that is collected.
#[derive(Debug, Default)]
pub(crate) struct Speeds {
    mutator: Speed,
    collector: Speed,
    /// When the last full collection ended, and the bytes that were in the old generation then.
    last: Option<(Instant, usize)>,
    /// Time since, in which the program stood still,
    paused: Duration,
    /// and that part of it in which objects were marked.
    marking: Duration,
}

impl Speeds {
    /// A step of marking, or a scavenge, in which there may have been one.
    pub(crate) fn add_pause(&mut self, time: Duration, is_marking: bool) {
        self.paused += time;
        if is_marking {
            self.marking += time;
        }
    }

    /// A full collection from `start` to `end`, of an old generation that had `before` bytes and has `after`.
    pub(crate) fn add_full(&mut self, start: Instant, end: Instant, before: usize, after: usize) {
        if let Some((last, then)) = self.last.replace((end, after)) {
            let running = start.saturating_duration_since(last).saturating_sub(self.paused);
            self.mutator.add(before.saturating_sub(then), running);
        }
        self.collector.add(before, end.saturating_duration_since(start) + self.marking);
        (self.paused, self.marking) = (Duration::ZERO, Duration::ZERO);
    }

    /// By how much the old generation should grow, if both speeds are known.
    pub(crate) fn factor(&self) -> Option<f64> {
        Some(growing_factor(self.collector.rate()? / self.mutator.rate()?))
    }

    /// Both, in bytes a second.
    pub(crate) fn rates(&self) -> (Option<f64>, Option<f64>) {
        (self.collector.rate(), self.mutator.rate())
    }
}

/// V8: `DynamicGrowingFactor`.
fn growing_factor(collector_over_mutator: f64) -> f64 {
    let a = collector_over_mutator * (1.0 - TARGET_MUTATOR_UTILIZATION);
    let b = a - TARGET_MUTATOR_UTILIZATION;
    if a < b * MOST { (a / b).max(LEAST) } else { MOST }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_gets_its_share_of_time() {
        for ratio in [50.0, 100.0, 200.0, 300.0] {
            let factor = growing_factor(ratio);
            // With one byte alive and a program that makes one each second: grows for so long, and is then collected.
            let (running, collecting) = (factor - 1.0, factor / ratio);
            let share = running / (running + collecting);
            assert!((share - TARGET_MUTATOR_UTILIZATION).abs() < 1e-9, "{ratio}: {share}");
        }
        assert_eq!(growing_factor(1e6), LEAST);
        assert_eq!([0.001, 1.0, 32.0, 43.0].map(growing_factor), [MOST; 4]);
    }

    #[test]
    fn limits() {
        let limit = |growing: Growing, live, factor| growing.limit(live * MB, factor, MB, 2048 * MB) / MB;
        assert_eq!([20, 50, 300].map(|live| limit(Growing::Bytes, live, Some(1.1))), [60, 114, 600]);
        assert_eq!([20, 50, 300].map(|live| limit(Growing::Percent(130), live, Some(4.0))), [26, 65, 390]);
        // As long as nothing is known, by bytes.
        assert_eq!([20, 50, 300].map(|live| limit(Growing::Measured, live, None)), [60, 114, 600]);
        // A slow program: by little, but by 8 MiB and a semi-space.
        assert_eq!([20, 50, 300].map(|live| limit(Growing::Measured, live, Some(1.1))), [29, 59, 330]);
        // A fast one: to four times, but half-way to the limit at most.
        let fast = |live| limit(Growing::Measured, live, Some(4.0));
        assert_eq!([20, 50, 200, 300, 900].map(fast), [80, 200, 800, 1174, 1800]);
        // Tiny and absurd ones.
        assert_eq!(Growing::Measured.limit(0, Some(4.0), MB, 8 * MB), 4 * MB);
        assert_eq!(Growing::Measured.limit(512 * MB, Some(4.0), MB, 8 * MB), 1024 * MB);
    }

    #[test]
    fn what_was_measured_last_counts_most() {
        let second = Duration::from_secs(1);
        let mut speeds = Speeds::default();
        let mut now = Instant::now();
        assert_eq!(speeds.factor(), None);
        for _ in 0..2 {
            // 100 MB in 9 seconds, 2 of which were not the program's; 200 MB in 2 seconds.
            let start = now + 9 * second;
            speeds.add_pause(second, false);
            speeds.add_pause(second, true);
            now = start + second;
            speeds.add_full(start, now, 200, 100);
        }
        let (collector, mutator) = speeds.rates();
        assert_eq!((collector, mutator), (Some(100.0), Some(100.0 / 7.0)));
        speeds.add_full(now + second, now + 2 * second, 1100, 0);
        assert_eq!(speeds.rates().1, Some(1050.0 / 4.5));
        // A clock that stands still tells nothing.
        let mut speeds = Speeds::default();
        (0..9).for_each(|_| speeds.add_full(now, now, 100, 10));
        assert_eq!(speeds.factor(), None);
    }
}
