//! What is done before an allocation is refused, and who may change that.
//!
//! An allocation that does not fit climbs a ladder, and takes memory on the first rung that has some:
//!
//! | rung | what is done there | V8 |
//! |---|---|---|
//! | 1 | the next chunk; for a young object, also a large one, two scavenges, each with another try | `AllocateRaw`, light retry |
//! | 2 | two full collections, each with another try, the last without heed of the next collection's threshold | light retry |
//! | 3 | all available garbage, twice: the pool of freed chunks is given up, all is collected, semi-spaces shrink | last resort |
//! | 4 | the callback near the limit, once: it may raise the limit | `InvokeNearHeapLimitCallback` |
//! | 5 | [`OutOfMemory`], or a panic with its text | `FatalProcessOutOfMemory` |
//!
//! An allocation [with light retry](HandleScope::with_light_retry) goes no further than rung 2; all others are V8's
//! "retry or fail". Requests that no collection could help, being too large for any heap, are refused at once.
//!
//! **Collections that achieve nothing** end the climb early. One is ineffective if, when it is over, chunks hold at least
//! four fifths of the limit, it has freed less than a 32nd of the limit, and less than a 32nd of the limit was allocated
//! since the one before. Only the first full collection of each climb counts. When [`INEFFECTIVE_COLLECTIONS`] in a row
//! were ineffective, the callback is asked, and if it does not raise the limit, the allocation is refused with
//! [`OutOfMemoryReason::IneffectiveCollections`], instead of collecting ever more for ever less. All is counted in bytes
//! and collections, not in time, so that a program runs the same each time. V8 does it with time: less than two fifths
//! of it left for the mutator, four times in a row. A refusal, of whatever reason, starts the count anew.
//!
//! **The total budget** ([`HeapPolicy::total_budget`](crate::HeapPolicy::total_budget)) bounds chunks and external memory
//! together. A chunk that would exceed it is refused as one above the limit is, so the ladder is the same, but for rung
//! 4: no callback raises it. [`OutOfMemoryReason::TotalBudget`] tells the numbers.
//!
//! An embedder that learns of want outside the heap need not wait for all that: [`HandleScope::memory_pressure`] does what
//! rung 3 does.
//!
//! **Memory of the process's own allocator**, in which worklists and handles lie, is not the heap's, and running out of it
//! ends the process, as everywhere in Rust.

use crate::error::{OutOfMemory, OutOfMemoryReason};
use crate::gc::{CollectionKind, CollectionReason};
use crate::handles::HandleScope;
use crate::heap::{Full, Target};
use crate::isolate::{Isolate, IsolateData};
use crate::memory::MemoryStatistics;
use std::sync::Arc;
use std::time::Instant;

/// Ineffective collections in a row, after which there are no more. V8: `kMaxConsecutiveIneffectiveMarkCompacts`, 4.
pub const INEFFECTIVE_COLLECTIONS: u32 = 4;

/// What a callback near the heap's limit is told. All in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NearHeapLimit {
    /// The limit now.
    pub limit: usize,
    /// The limit that the isolate was made with.
    pub initial_limit: usize,
    /// What all chunks hold now.
    pub committed: usize,
    /// What the allocation asked for.
    pub requested: usize,
}

type Callback = Box<dyn FnMut(NearHeapLimit) -> usize + Send>;

/// A callback near the heap's limit, for [`HandleScope::remove_near_heap_limit_callback`].
#[derive(Debug)]
pub struct NearHeapLimitCallback {
    isolate: u64,
    number: u64,
}

/// Tells the time; the system's, unless a test drives it.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> Instant + Send + Sync>);

impl Clock {
    pub(crate) fn new(now: impl Fn() -> Instant + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(now))
    }

    pub(crate) fn now(&self) -> Instant {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::new(Instant::now)
    }
}

impl core::fmt::Debug for Clock {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Clock")
    }
}

/// What the ladder remembers from one allocation to the next.
#[derive(Default)]
pub(crate) struct Limits {
    callbacks: Vec<(u64, Callback)>,
    last_callback: u64,
    /// Percent of the initial limit that the heap must fall to for that to be restored.
    restore_below: Option<u32>,
    /// Whether allocations stop at rung 2.
    light: bool,
    /// Ineffective collections in a row.
    ineffective: u32,
    /// Bytes that had been allocated when the last full collection of a climb ran.
    allocated_before: u64,
}

impl core::fmt::Debug for Limits {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Limits")
            .field("callbacks", &self.callbacks.len())
            .field("restore_below", &self.restore_below)
            .field("ineffective", &self.ineffective)
            .finish_non_exhaustive()
    }
}

impl IsolateData {
    /// The ladder; see the module.
    pub(crate) fn climb(&mut self, size: usize, target: Target) -> Result<usize, OutOfMemory> {
        self.tend_pool();
        self.heap.allocator.take_last_refusal();
        if self.heap.is_survival_expected() {
            // No survivor asks for memory between old objects: all of it would be left until marking begins.
            self.heap.old_space.sweep_one();
            self.heap.old_space.sweep_one();
        }
        let is_young = matches!(target, Target::New | Target::NewLarge);
        // Young: a step of marking and the end of it would be one long pause.
        let is_through = is_young && self.is_time_to_finish_marking() && self.is_marking_complete();
        let is_scavenged_first = matches!(target, Target::New) && self.heap.is_scavenge_better_first();
        if !(is_through || is_scavenged_first) {
            self.advance_marking();
        }
        if is_through || !is_young && self.try_to_complete_marking() {
            self.collect(CollectionKind::Full, CollectionReason::MarkingComplete);
        }
        self.climb_to_a_collection(size, target).or_else(|full| {
            let result = self.climb_on(size, target, full);
            if result.is_err() {
                self.heap.limits.ineffective = 0;
            }
            result
        })
    }

    /// Rung 1.
    fn climb_to_a_collection(&mut self, size: usize, target: Target) -> Result<usize, Full> {
        for _ in 0..2 {
            match self.heap.allocate_without_collection(size, target) {
                Err(Full::Semispace) if !self.heap.old_generation_is_due() => {
                    if !self.heap.is_survival_expected() && self.try_to_complete_marking() {
                        self.collect(CollectionKind::Full, CollectionReason::MarkingComplete);
                    } else {
                        self.collect(CollectionKind::Young, CollectionReason::SemispaceFull);
                    }
                }
                result => return result,
            }
        }
        self.heap.allocate_without_collection(size, target)
    }

    /// Rungs 2 to 5.
    fn climb_on(&mut self, size: usize, target: Target, full: Full) -> Result<usize, OutOfMemory> {
        let mut full = full;
        for first in [true, false] {
            if full.is_hopeless() {
                return Err(self.out_of_memory(size, target, full));
            }
            let reason = match full {
                Full::OldGenerationLimit => CollectionReason::OldGenerationLimit,
                Full::Semispace if self.heap.old_generation_is_due() => CollectionReason::OldGenerationLimit,
                _ => CollectionReason::LastResort,
            };
            self.collect(CollectionKind::Full, reason);
            if first && self.is_collecting_in_vain() && !self.raise_limit(size) {
                let (limit, used) = (self.heap.allocator.limit(), self.heap.allocator.committed());
                let collections = INEFFECTIVE_COLLECTIONS;
                let reason = OutOfMemoryReason::IneffectiveCollections { collections, limit, used };
                return Err(OutOfMemory { requested: size, space: target.space(), reason });
            }
            let allocated = if first {
                self.heap.allocate_without_collection(size, target)
            } else {
                self.heap.allocate_regardless(size, target)
            };
            match allocated {
                Ok(address) => return Ok(address),
                Err(reason) => full = reason,
            }
            // What could not be promoted may be more than is looked at: from here on the whole semi-space counts.
            self.heap.collector.tenuring.stop();
        }
        if self.heap.limits.light {
            return Err(self.out_of_memory(size, target, full));
        }
        for _ in 0..2 {
            self.collect_all_available_garbage(CollectionReason::LastResort);
            match self.heap.allocate_regardless(size, target) {
                Ok(address) => return Ok(address),
                Err(reason) => full = reason,
            }
        }
        let refused = self.out_of_memory(size, target, full);
        if !matches!(refused.reason, OutOfMemoryReason::HeapLimit { .. }) || !self.raise_limit(size) {
            return Err(refused);
        }
        if target == Target::New {
            // What could not be promoted before can be now.
            self.collect(CollectionKind::Full, CollectionReason::LastResort);
        }
        self.heap.allocate_regardless(size, target).map_err(|full| self.out_of_memory(size, target, full))
    }

    /// Rung 3, and what is done under memory pressure. V8: `Heap::CollectAllAvailableGarbage`.
    pub(crate) fn collect_all_available_garbage(&mut self, reason: CollectionReason) {
        self.heap.allocator.release_pool();
        self.collect(CollectionKind::Full, reason);
        let heap = &mut self.heap;
        heap.new_space.shrink(&mut heap.allocator);
        heap.collector.forget_survivors();
        heap.allocator.release_pool();
    }

    /// Rung 4: whether the limit was raised.
    fn raise_limit(&mut self, requested: usize) -> bool {
        /// Puts the callbacks back, should one panic: its allocation is over, and the heap is whole.
        struct Calling<'a>(&'a mut IsolateData, Vec<(u64, Callback)>);
        impl Drop for Calling<'_> {
            fn drop(&mut self) {
                self.0.heap.limits.callbacks = core::mem::take(&mut self.1);
            }
        }
        let MemoryStatistics { capacity: limit, initial_capacity: initial_limit, committed, .. } =
            self.heap.allocator.statistics();
        let callbacks = core::mem::take(&mut self.heap.limits.callbacks);
        let mut calling = Calling(self, callbacks);
        let Some((_, callback)) = calling.1.last_mut() else { return false };
        let new_limit = callback(NearHeapLimit { limit, initial_limit, committed, requested });
        drop(calling);
        if new_limit <= limit {
            return false;
        }
        self.heap.allocator.set_max_heap_size(new_limit);
        self.heap.limits.ineffective = 0;
        tracing::warn!(target: "heapwright::limits", isolate = self.id, limit, new_limit, "raised the heap's limit");
        true
    }

    /// After the first full collection of a climb: whether collecting has come to nothing often enough.
    fn is_collecting_in_vain(&mut self) -> bool {
        let limit = self.heap.allocator.limit();
        let allocated = self.heap.collector.allocated;
        let limits = &mut self.heap.limits;
        let since = allocated - core::mem::replace(&mut limits.allocated_before, allocated);
        let last = self.heap.collector.last();
        let freed = last.used_before.saturating_sub(last.used_after);
        let is_near = self.heap.allocator.committed() >= limit - limit / 5;
        if is_near && freed < limit / 32 && since < (limit / 32) as u64 {
            limits.ineffective += 1;
            // Chunks that become old as they lie take memory for what is dead in them.
            self.heap.collector.tenuring.stop();
        } else {
            limits.ineffective = 0;
        }
        limits.ineffective >= INEFFECTIVE_COLLECTIONS
    }

    pub(crate) fn out_of_memory(&mut self, requested: usize, target: Target, full: Full) -> OutOfMemory {
        let allocator = &mut self.heap.allocator;
        let limit = OutOfMemoryReason::HeapLimit { limit: allocator.max_heap_size(), used: allocator.committed() };
        let reason = match full {
            Full::Memory(error) => error.reason,
            // Survivors have left no room, for want of a chunk to promote them to.
            Full::Semispace | Full::OldGenerationLimit => match allocator.take_last_refusal() {
                Some(OutOfMemoryReason::HeapLimit { .. }) | None => limit,
                Some(reason) => reason,
            },
        };
        OutOfMemory { requested, space: target.space(), reason }
    }

    /// Looks after the pool of freed chunks. Asks the clock, which may be a user's: not during a collection.
    pub(crate) fn tend_pool(&mut self) {
        if self.heap.allocator.needs_tending() {
            let now = self.heap.options.clock.now();
            self.heap.allocator.tend(now);
        }
    }

    /// After a full collection: whether the limit that the isolate was made with will do again.
    pub(crate) fn restore_limit_if_asked(&mut self) {
        let Some(percent) = self.heap.limits.restore_below else { return };
        let allocator = &mut self.heap.allocator;
        let initial = allocator.initial_max_heap_size();
        let threshold = (initial as u128 * u128::from(percent) / 100) as usize;
        if allocator.max_heap_size() > initial && allocator.committed() <= threshold {
            allocator.set_max_heap_size(initial);
        }
    }
}

impl HandleScope<'_> {
    /// Calls `callback` when the heap has reached its limit and collecting all available garbage did not help, before
    /// the allocation is refused. What it returns is the new limit in bytes, if that is more than the old one; else
    /// the allocation is refused. Of several callbacks the one added last is called. An allocation asks once. V8:
    /// `Isolate::AddNearHeapLimitCallback`.
    ///
    /// The callback gets numbers alone, and cannot hold a scope, so it cannot allocate here. It may drop globals, for
    /// the next collection to find. It runs between collections: should it panic, the heap is whole, and the panic goes
    /// to who allocated. It is `Send` because the isolate is.
    ///
    /// ```
    /// use heapwright::prelude::*;
    ///
    /// # #[heap_object]
    /// # struct Bytes {
    /// #     #[constant]
    /// #     length: Smi,
    /// #     #[length = length]
    /// #     data: [u8],
    /// # }
    /// # heap_classes! { static CLASSES = [Bytes]; }
    /// let mut isolate = Isolate::builder().classes(&CLASSES).max_heap_size(16 << 20).build()?;
    /// let mut scope = isolate.enter();
    /// let callback = scope.add_near_heap_limit_callback(|near| near.limit + near.requested + (1 << 20));
    /// let large = Bytes::new(&mut scope, BytesInit { data: Filled::new(1, 20 << 20) });
    /// assert!(scope.memory_statistics().capacity > 36 << 20);
    /// assert!(scope.remove_near_heap_limit_callback(callback));
    /// # assert_eq!(large.get(&scope).data(5), 1);
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    pub fn add_near_heap_limit_callback(
        &mut self,
        callback: impl FnMut(NearHeapLimit) -> usize + Send + 'static,
    ) -> NearHeapLimitCallback {
        let data = self.data_mut();
        let limits = &mut data.heap.limits;
        limits.last_callback += 1;
        limits.callbacks.push((limits.last_callback, Box::new(callback)));
        NearHeapLimitCallback { isolate: data.id, number: limits.last_callback }
    }

    /// Ends a callback; the limit stays as it is. Whether it was this isolate's. V8:
    /// `Isolate::RemoveNearHeapLimitCallback`.
    pub fn remove_near_heap_limit_callback(&mut self, callback: NearHeapLimitCallback) -> bool {
        let data = self.data_mut();
        let callbacks = &mut data.heap.limits.callbacks;
        let position = callbacks.iter().position(|(number, _)| *number == callback.number);
        match position.filter(|_| callback.isolate == data.id) {
            Some(at) => {
                // What the callback owns is dropped when the list is whole, for that may run anything.
                let removed = callbacks.remove(at);
                drop(removed);
                true
            }
            None => false,
        }
    }

    /// Restores the limit that the isolate was made with as soon as a full collection leaves chunks of no more than
    /// `percent` of it, should it have been raised. V8: `Isolate::AutomaticallyRestoreInitialHeapLimit`, where it is a
    /// half unless said otherwise.
    ///
    /// # Panics
    ///
    /// If `percent` is more than 100.
    #[track_caller]
    pub fn automatically_restore_initial_heap_limit(&mut self, percent: u32) {
        assert!(percent <= 100, "{percent} % of the limit are more than it: the limit would be exceeded at once");
        self.data_mut().heap.limits.restore_below = Some(percent);
    }

    /// Runs `f`, whose allocations here give up early: after two scavenges and two full collections. Before, nothing is
    /// given up for them, and nobody is asked to raise the limit. For what would be nice to have, such as an entry of a
    /// cache. V8: `AllocateRawWithLightRetry`.
    ///
    /// ```
    /// use heapwright::prelude::*;
    ///
    /// #[heap_object]
    /// struct Entry {
    ///     key: Smi,
    ///     next: Tagged<Option<Entry>>,
    /// }
    /// # heap_classes! { static CLASSES = [Entry]; }
    /// # let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
    /// # let mut scope = isolate.enter();
    ///
    /// let entry = scope.with_light_retry(|scope| Entry::try_new(scope, EntryInit { key: 1, next: Nil })).ok();
    /// # assert!(entry.is_some());
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    pub fn with_light_retry<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        struct Restore<'a, 's>(&'a mut HandleScope<'s>, bool);
        impl Drop for Restore<'_, '_> {
            fn drop(&mut self) {
                self.0.data_mut().heap.limits.light = self.1;
            }
        }
        let before = core::mem::replace(&mut self.data_mut().heap.limits.light, true);
        let restore = Restore(self, before);
        f(restore.0)
    }

    /// Numbers of the isolate's memory. Costs no walk.
    #[must_use]
    pub fn memory_statistics(&self) -> MemoryStatistics {
        self.data().heap.allocator.statistics()
    }
}

impl Isolate {
    /// Numbers of the isolate's memory, without entering it.
    #[must_use]
    pub fn memory_statistics(&self) -> MemoryStatistics {
        self.data().heap.allocator.statistics()
    }
}
