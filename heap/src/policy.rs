//! How a heap is tuned: sizes, thresholds, threads and budgets of one isolate, as plain data.
//!
//! **Owns** [`HeapPolicy`] and what may be in it. The collector reads the values where this puts them, so what
//! [`HandleScope::policy`] says is what holds.

use crate::growing::{Growing, Speeds};
use crate::handles::HandleScope;
use crate::memory::{CHUNK_SIZE, MB};
use crate::stress::{self, Mode};

/// What an isolate's heap may take, and when it is collected. V8: `ResourceConstraints` and a good part of its flags, which
/// are those of the process.
///
/// Fill in the default, and give it to the [builder](crate::IsolateBuilder::policy), or to
/// [`HandleScope::set_policy`] while the program runs. Sizes are in bytes.
///
/// ```
/// use heapwright::{Growing, HeapPolicy, prelude::*};
///
/// let mut policy = HeapPolicy::default();
/// policy.max_heap_size = 64 << 20;
/// policy.growing = Growing::Bytes;
/// policy.threads = 1;
/// let mut isolate = Isolate::builder().policy(policy.clone()).build()?;
/// let mut scope = isolate.enter();
/// assert_eq!(scope.policy(), policy);
///
/// // The program goes to the background: it may be slower, and has to be small.
/// policy.max_semi_space_size = 1 << 20;
/// policy.growing = Growing::Percent(130);
/// scope.set_policy(&policy)?;
///
/// policy.max_semi_space_size = 1000;
/// let error = scope.set_policy(&policy).unwrap_err();
/// assert_eq!((error.option, error.value), ("semi_space_size", 1000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeapPolicy {
    /// The most the heap may commit, headers and both semi-spaces included; at least 8 MiB. 2 GiB. A
    /// [callback](HandleScope::add_near_heap_limit_callback) may raise it.
    pub max_heap_size: usize,
    /// The most that the heap's chunks and [external memory](HandleScope::adjust_external_memory) may be together, at
    /// least 8 MiB; no callback raises it. `None`, which is no such limit. V8 has nothing like it.
    ///
    /// Freed chunks that are kept in the pool count, but are given back before anything is refused for them. What the
    /// process holds besides (handles, worklists, the isolate's data) does not.
    pub total_budget: Option<usize>,
    /// What one semi-space begins with, a multiple of 256 KiB. 1 MiB.
    pub initial_semi_space_size: usize,
    /// What it may grow to, a multiple of 256 KiB. 32 MiB. Both together grow to no more than a quarter of
    /// `max_heap_size`.
    pub max_semi_space_size: usize,
    /// The old generation is not collected for its size while it has less, at least 1 MiB. 32 MiB.
    pub initial_old_generation_limit: usize,
    /// How much it may grow until it is collected again.
    pub growing: Growing,
    /// Whether it is marked in steps, while the program runs. True.
    pub incremental_marking: bool,
    /// How much of the growth it is allowed has to be used up for that to begin, in percent: 1 to 100. 90.
    pub marking_start: u32,
    /// How much faster than needed it is marked then, if as much of it is alive as at the last full collection: 1 to 1000 times. 2.
    /// The higher, the sooner it is over and the closer its steps, of half a MiB each, come upon one another; longer ones only if less
    /// than 16 KiB would be made in between. At 1 all of it is taken for alive.
    pub marking_speed: u32,
    /// External memory that may be registered until the heap is collected to find out who still needs it, at least 1 MiB.
    /// 64 MiB, or half of what there is already, if that is more. V8: `kExternalAllocationSoftLimit`.
    pub external_memory_step: usize,
    /// Threads that a collection may use, the isolate's own among them: at least 1, which means that all is done there.
    /// As many as the system lets the process run at a time.
    pub threads: usize,
}

impl Default for HeapPolicy {
    fn default() -> HeapPolicy {
        HeapPolicy {
            max_heap_size: 2048 * MB,
            total_budget: None,
            initial_semi_space_size: MB,
            max_semi_space_size: 32 * MB,
            initial_old_generation_limit: 32 * MB,
            growing: Growing::Measured,
            incremental_marking: true,
            marking_start: 90,
            marking_speed: 2,
            external_memory_step: 64 * MB,
            threads: if stress::mode(Mode::OneThread) { 1 } else { crate::gc::cores() },
        }
    }
}

/// A value that cannot work, of an option of [`HeapPolicy`]. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{option} is {value}: {reason}")]
pub struct PolicyError {
    /// The field or, of semi-spaces, the two of them: `semi_space_size`.
    pub option: &'static str,
    /// The value it was given.
    pub value: usize,
    /// Why it cannot work.
    pub reason: &'static str,
}

impl HeapPolicy {
    /// Whether it can work.
    ///
    /// # Errors
    ///
    /// The first value that cannot.
    pub fn check(&self) -> Result<(), PolicyError> {
        let invalid = |option, value, reason| Err(PolicyError { option, value, reason });
        if self.max_heap_size < 8 * MB {
            return invalid("max_heap_size", self.max_heap_size, "at least 8 MiB (8388608 bytes) are needed");
        }
        if let Some(budget) = self.total_budget.filter(|budget| *budget < 8 * MB) {
            return invalid("total_budget", budget, "at least 8 MiB (8388608 bytes) are needed");
        }
        for size in [self.initial_semi_space_size, self.max_semi_space_size] {
            if size == 0 || size % CHUNK_SIZE != 0 {
                return invalid("semi_space_size", size, "it must be a multiple of 256 KiB (262144 bytes)");
            }
        }
        if self.max_semi_space_size < self.initial_semi_space_size {
            let reason = "the maximum is below the initial size";
            return invalid("semi_space_size", self.max_semi_space_size, reason);
        }
        if self.initial_old_generation_limit < MB {
            let reason = "at least 1 MiB (1048576 bytes) is needed";
            return invalid("initial_old_generation_limit", self.initial_old_generation_limit, reason);
        }
        if let Growing::Percent(percent) = self.growing
            && !(110..=1000).contains(&percent)
        {
            return invalid("growing", percent as usize, "it must be at least 110 and at most 1000 percent");
        }
        if !(1..=100).contains(&self.marking_start) {
            return invalid(
                "marking_start",
                self.marking_start as usize,
                "it must be at least 1 and at most 100 percent",
            );
        }
        if !(1..=1000).contains(&self.marking_speed) {
            return invalid(
                "marking_speed",
                self.marking_speed as usize,
                "it must be at least 1 and at most 1000 times",
            );
        }
        if self.external_memory_step < MB {
            let reason = "at least 1 MiB (1048576 bytes) is needed";
            return invalid("external_memory_step", self.external_memory_step, reason);
        }
        if self.threads == 0 {
            return invalid("threads", 0, "at least 1 is needed, the isolate's own");
        }
        Ok(())
    }
}

impl HeapPolicy {
    /// For schedules: nothing but bytes decides when the heap is collected, and how far.
    pub(crate) fn make_deterministic(&mut self) {
        self.threads = 1;
        if self.growing == Growing::Measured {
            self.growing = Growing::Bytes;
        }
    }
}

impl HandleScope<'_> {
    /// How the heap is tuned now: as it was told, but that `max_heap_size` may have been
    /// [raised](Self::add_near_heap_limit_callback) since.
    #[must_use]
    pub fn policy(&self) -> HeapPolicy {
        let heap = &self.data().heap;
        HeapPolicy { max_heap_size: heap.allocator.max_heap_size(), ..heap.options.policy.clone() }
    }

    /// Tunes the heap anew, from here on. Nothing is collected for it: limits that are below what is in use now keep what
    /// there is, and refuse more until enough is freed. Semi-spaces shrink to the new maximum as far as what is young
    /// allows, and grow to the new initial size if there is memory for it. When the old generation is due is reckoned
    /// anew, from what was found alive there the last time. To get something of it at once, [`collect`](Self::collect). Under a
    /// [schedule](crate::IsolateBuilder::schedule), threads stay one and speeds are not measured.
    ///
    /// # Errors
    ///
    /// If a value cannot work. Nothing has changed then.
    pub fn set_policy(&mut self, policy: &HeapPolicy) -> Result<(), PolicyError> {
        policy.check()?;
        let isolate = self.data_mut();
        let heap = &mut isolate.heap;
        if policy.max_heap_size != heap.allocator.max_heap_size() {
            heap.allocator.set_max_heap_size(policy.max_heap_size);
        }
        let (initial, maximum) = (policy.initial_semi_space_size, policy.max_semi_space_size);
        heap.allocator.set_total_budget(policy.total_budget);
        if policy.growing != heap.options.policy.growing {
            // There would be a gap in what was measured.
            heap.speeds = Speeds::default();
        }
        heap.options.policy = policy.clone();
        if heap.options.schedule.is_some() {
            heap.options.policy.make_deterministic();
        }
        heap.new_space.set_bounds(&mut heap.allocator, initial, maximum);
        heap.collector.forget_survivors();
        heap.limit_old_generation();
        if !policy.incremental_marking && !heap.options.stress_marking {
            isolate.abort_marking();
        }
        Ok(())
    }
}
