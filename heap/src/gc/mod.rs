//! Collection: which objects live, and where.
//!
//! **Owns** the scavenger, the marker, the evacuator, the order in which they run, and the record of each collection.
//!
//! **Promises** that after a collection every root and every field refers to a live object at its new place, that
//! weak references to dead ones are cleared (or spliced, where a class says so), and that a collection never fails: what it needs is set aside before.
//!
//! **Never calls** code of users: no hook, no subscriber, nothing that could panic half-way. There are three exceptions. Two
//! are `unsafe` to write: [`CustomTrace`], and [`PageAllocator`](crate::memory::PageAllocator), which promises not to unwind.
//! The third are the lengths of tails that a class computes, which are `const fn`s of constant fields and so come out as
//! they did when the object was made. The clock is asked before a collection begins and when the heap is whole again; then
//! the event of it is emitted, its record goes to the builder's sinks (`trace`), and weak callbacks and the embedder's own
//! (`callbacks`) run, which cannot reach the heap.
//!
//! ```text
//! young:   roots + remembered slots ──► scavenge: copy, or promote what survives twice; large objects in place, at once
//!          (with helpers, if there is enough to do: strong slots in parallel ──► all else on the isolate's thread)
//!          where nearly all survives: mark, and make whole chunks old; or make them old without a look
//! between: mark in steps, or on other threads; sweep when memory is wanted, or on other threads
//! full:    scavenge, promoting everything ──► the rest of marking, from roots ──► ephemerons ──► clear weak
//!          ──► evacuate sparse chunks of OLD ──► sweep MAP, CODE and large objects; OLD later
//! ```
//!
//! `ARCHITECTURE.md` has the same as a picture, and which file decides what.
//!
//! A full collection empties the young generation first, by a scavenge or by making its chunks old, so the marker sees one generation and no
//! remembered slot is left; what lives in sparse chunks then moves out of them (`evacuator`). Should the old generation have no room,
//! survivors stay young, and a scavenge after the sweep drops those that only dead old objects kept.

mod area;
mod body;
mod callbacks;
mod concurrent;
mod custom;
mod ephemerons;
mod evacuator;
mod gate;
mod marker;
mod marking;
mod marking_visitor;
mod mover;
mod parallel_scavenger;
mod promotion;
mod record;
mod resize;
mod scavenger;
mod sharing;
mod slot_updater;
mod splice;
mod tenuring;
mod trace;
mod workers;
mod worklist;

/// What threads wait with.
mod sync {
    pub(super) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    pub(super) use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
}

pub(crate) use body::{
    made_old, map_of, object_size, refers_to_read_only_alone, simple_length, size_of_object, visit_custom_slots,
    visit_slots_and_ephemerons,
};
pub use callbacks::{GcCallback, GcEvent};
pub use custom::{CustomTrace, SlotVisitor};
pub(crate) use ephemerons::Entry;
pub use ephemerons::EphemeronTotals;
pub(crate) use evacuator::Compaction;
pub(crate) use marking::{IncrementalMarking, Marking};
pub(crate) use record::CollectorState;
pub use record::{
    CollectionKind, CollectionPhases, CollectionReason, CollectionRecord, CollectionTotals, MarkingSteps,
};
pub(crate) use trace::CollectionSinks;
pub(crate) use workers::{Gang, Job, cores};

use tenuring::Promotes;
pub(crate) use tenuring::Tenuring;

use crate::handles::HandleScope;
use crate::isolate::IsolateData;
use crate::memory::MemoryChunk;
use crate::spaces::AllocationOrigin;
use crate::tagged::Word;
use std::time::Instant;

impl IsolateData {
    /// Collects, and leaves the linear allocation area open. The caller holds the isolate alone: no reference into the
    /// heap is in use.
    pub(crate) fn collect(&mut self, kind: CollectionKind, reason: CollectionReason) {
        self.look_at_allocations();
        self.call_prologues(kind, reason);
        self.pause_marking();
        self.verify_if_asked("before");
        let speeds_from = self.heap.time_for_speeds().map(|now| (now, self.heap.old_generation_size()));
        let used_before = self.used();
        let record = self.heap.collector.begin(self.heap.options.clock.now(), used_before);
        let committed_before = self.heap.allocator.committed();
        let start = Instant::now();
        let young_before = self.heap.new_space.used() + self.heap.new_large_object_space.used();
        self.heap.new_space.open_area();
        let origin = self.heap.switch_origin(AllocationOrigin::Gc);
        let mut evacuated = evacuator::Evacuated::default();
        let evacuation = match kind {
            CollectionKind::Young if self.heap.is_tenuring_asked(reason) => {
                let capacity = self.heap.new_space.capacity();
                let promotes = self.heap.collector.tenuring.next();
                let in_place = match promotes {
                    Promotes::Survivors => None,
                    Promotes::TheLiving => promotion::promote(self),
                    Promotes::Everything => promotion::adopt_all(self).map(|adopted| {
                        self.look_at_adopted(&adopted);
                        adopted.evacuation
                    }),
                };
                let evacuation = in_place.unwrap_or_else(|| scavenger::scavenge(self, promotes != Promotes::Survivors));
                self.heap.collector.tenuring.look(promotes, evacuation, young_before, capacity);
                self.heap.collector.made_last = young_before.saturating_sub(self.heap.collector.copied_last);
                self.heap.collector.promoted_last = evacuation.promoted + evacuation.promoted_in_place;
                self.heap.collector.copied_last = evacuation.copied;
                evacuation
            }
            CollectionKind::Young => scavenger::scavenge(self, reason == CollectionReason::Pin),
            CollectionKind::Full => self.collect_full(reason, &mut evacuated),
        };
        self.heap.switch_origin(origin);
        self.heap.collector.tenuring.turn();
        if kind == CollectionKind::Young {
            self.heap.collector.phases.scavenging = start.elapsed();
            self.advance_marking_after_scavenge();
            self.heap.collector.phases.marking = start.elapsed() - self.heap.collector.phases.scavenging;
        }
        self.go_on_watching();
        resize::shrink_if_idle(&mut self.heap, reason, young_before, evacuation.copied + evacuation.promoted);
        self.heap.collector.add(CollectionRecord {
            isolate: self.id,
            kind,
            reason,
            pause: start.elapsed(),
            phases: self.heap.collector.phases,
            used_after: self.used(),
            committed_before,
            committed_after: self.heap.allocator.committed(),
            copied: evacuation.copied,
            promoted: evacuation.promoted + evacuation.promoted_in_place,
            remembered: evacuation.remembered,
            live: (kind == CollectionKind::Full).then_some(self.heap.old_generation_live),
            evacuated: evacuated.bytes,
            evacuated_chunks: evacuated.chunks,
            aborted_chunks: evacuated.aborted,
            ..record
        });
        if let Some((from, old)) = speeds_from {
            self.note_speed(kind, from, old);
        }
        self.verify_if_asked("after");
        self.resume_marking();
        self.tend_pool();
        self.heap.collector.end(self.heap.options.clock.now());
        self.tell_of_collection();
        // The collection is over. What died and had a callback is found by its empty node.
        self.weak_callbacks.first_pass(self.id, kind);
        let record = *self.heap.collector.last();
        self.call_epilogues(record);
    }

    fn collect_full(
        &mut self,
        reason: CollectionReason,
        evacuated: &mut evacuator::Evacuated,
    ) -> scavenger::Evacuation {
        if reason.is_precise() {
            self.abort_marking();
        }
        let mut phases = trace::PhaseTimer::new();
        // Where memory is short, survivors had better fill holes.
        let in_place = if self.heap.is_survival_expected() && !reason.is_want_of_memory() {
            promotion::adopt_all(self).map(|adopted| adopted.evacuation)
        } else {
            None
        };
        let is_in_place = in_place.is_some();
        let mut evacuation = in_place.unwrap_or_else(|| scavenger::scavenge(self, true));
        self.heap.collector.phases.scavenging = phases.lap();
        self.heap.old_space.finish_sweeping();
        self.heap.collector.phases.sweeping = phases.lap();
        let marked = self.heap.old_generation_size();
        let marker::Marked { candidates, to_update } = marker::mark(self, reason.is_want_of_memory());
        if is_in_place {
            self.heap.forget_remembered();
        }
        self.heap.collector.phases.marking = phases.lap();
        *evacuated = evacuator::evacuate(self, &candidates, to_update);
        self.heap.collector.phases.evacuating = phases.lap();
        let heap = &mut self.heap;
        let fillers = heap.fillers;
        // SAFETY: marking is complete and weak references to unmarked objects are cleared.
        let live = unsafe {
            heap.map_space.sweep(&mut heap.allocator, fillers);
            heap.old_space.begin_sweeping(&mut heap.allocator, fillers)
                + heap.large_object_space.sweep(&mut heap.allocator)
                + heap.code_space.sweep(&mut heap.allocator, fillers)
                + heap.code_large_object_space.sweep(&mut heap.allocator)
        };
        heap.collector.phases.sweeping += phases.lap();
        heap.old_generation_live = live;
        heap.collector.marked_last = (marked, live);
        heap.judge_unexamined();
        heap.limit_old_generation();
        heap.forget_external_growth();
        if heap.new_space.used() > 0 {
            for chunk in heap.new_space.chunks() {
                chunk.clear_marks();
            }
            heap.old_space.finish_sweeping_of_remembered();
            let second = scavenger::scavenge(self, true);
            evacuation.add(second);
        }
        self.heap.old_space.sweep_elsewhere(self.heap.options.helpers());
        self.restore_limit_if_asked();
        evacuation
    }

    /// After a collection that began at `from`, with `old` bytes in the old generation.
    fn note_speed(&mut self, kind: CollectionKind, from: Instant, old: usize) {
        let heap = &mut self.heap;
        let now = heap.options.clock.now();
        match kind {
            CollectionKind::Young => {
                let is_marking = heap.collector.marking.is_some();
                heap.speeds.add_pause(now.saturating_duration_since(from), is_marking);
            }
            CollectionKind::Full => {
                heap.speeds.add_full(from, now, old, heap.old_generation_live);
                heap.limit_old_generation();
            }
        }
    }

    /// Bytes of objects in all spaces that are collected, dead ones that were not yet found included.
    pub(crate) fn used(&self) -> usize {
        self.heap.new_space.used_by_objects()
            + self.heap.new_large_object_space.used()
            + self.heap.old_space.statistics().used
            + self.heap.large_object_space.used()
            + self.heap.code_space.used()
            + self.heap.code_large_object_space.used()
    }

    fn verify_if_asked(&self, when: &str) {
        if self.heap.options.verify
            && let Err(error) = self.verify()
        {
            panic!("heap verification failed {when} a collection: {error}{}", self.how_to_replay());
        }
    }

    /// Replaces each word that keeps an object alive.
    pub(crate) fn for_each_root(&self, mut visit: impl FnMut(Word) -> Word) {
        self.roots.for_each(&mut visit);
        self.globals.for_each_strong(&mut visit);
        self.eternals.for_each(&mut visit);
        self.persistent.for_each(&mut visit);
        self.handles.for_each(|word| if word.is_cleared() { word } else { visit(word) });
    }
}

impl crate::heap::Heap {
    /// Whether a scavenge for that reason promotes as `tenuring` says.
    fn is_tenuring_asked(&self, reason: CollectionReason) -> bool {
        let is_stressed = self.collector.tenuring.is_stressed() && reason != CollectionReason::Pin;
        reason == CollectionReason::SemispaceFull || is_stressed
    }

    /// Whether what is young is taken for alive, and will be promoted where it lies.
    pub(crate) fn is_survival_expected(&self) -> bool {
        self.collector.tenuring.next() != Promotes::Survivors
    }

    /// Lets all chunks outside the young generation, also those to come, tell `marking` of stores.
    fn set_marking(&mut self, marking: &Marking) {
        self.marked_chunks().for_each(|chunk| chunk.set_marking(marking));
        self.allocator.set_marking(marking);
    }

    /// Ends that.
    fn clear_marking(&mut self) {
        self.marked_chunks().for_each(|chunk| chunk.set_marking(core::ptr::null()));
        self.allocator.set_marking(core::ptr::null());
    }

    /// The chunks whose objects are marked: all outside the young generation but read-only ones.
    fn marked_chunks(&self) -> impl Iterator<Item = &'static MemoryChunk> {
        let spaces = [
            self.old_space.chunks(),
            self.map_space.chunks(),
            self.large_object_space.chunks(),
            self.code_space.chunks(),
            self.code_large_object_space.chunks(),
        ];
        spaces.into_iter().flatten().copied()
    }

    /// The chunks outside the young generation that may refer into it: those of code do not.
    fn old_chunks(&self) -> Vec<&'static MemoryChunk> {
        [self.old_space.chunks(), self.map_space.chunks(), self.large_object_space.chunks()].concat()
    }
}

impl HandleScope<'_> {
    /// Collects now, and runs the weak callbacks of what died, second passes and finalizers included.
    /// V8: `Heap::CollectGarbage`.
    ///
    /// # Panics
    ///
    /// If a weak callback panics, once all have run.
    pub fn collect(&mut self, kind: CollectionKind) {
        self.collect_because(kind, CollectionReason::Requested);
    }

    /// The same for a reason of the embedder's own, which its [record](CollectionRecord), the event and
    /// [callbacks](Self::add_gc_epilogue) tell.
    ///
    /// ```
    /// use heapwright::{CollectionReason, prelude::*};
    ///
    /// # let mut isolate = Isolate::builder().build()?;
    /// # let mut scope = isolate.enter();
    /// scope.collect_for(CollectionKind::Full, "document closed");
    /// let last = scope.statistics().collections.pop().unwrap();
    /// assert_eq!(last.reason, CollectionReason::Embedder("document closed"));
    /// assert_eq!(last.reason.name(), "document closed");
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If a weak callback panics, once all have run.
    pub fn collect_for(&mut self, kind: CollectionKind, reason: &'static str) {
        self.collect_because(kind, CollectionReason::Embedder(reason));
    }

    pub(crate) fn collect_because(&mut self, kind: CollectionKind, reason: CollectionReason) {
        let isolate = self.data_mut();
        isolate.collect(kind, reason);
        isolate.shorten_area();
        self.run_weak_callbacks();
    }
}
