//! Marking in steps, while the program runs: when it begins, how much is done when, and what the rest of the heap has to
//! tell it meanwhile. The marker itself: `marker`.
//!
//! # Why nothing is lost
//!
//! An old object is white (not marked), grey (marked, its slots to be visited) or black (marked and visited). When the
//! last pause begins, no black object refers to a white one but through weak slots:
//!
//! - a **store** of an old reference into an old object shades what it refers to (Dijkstra's barrier): the second flag of
//!   the barrier is set on all old chunks meanwhile, so that such stores take the slow path, which ends here;
//! - an object that is **made old**, by an allocation or by promotion, is made grey;
//! - so is an old object that a scavenge makes an old one refer to, where a weak list closes up. A weak reference counts as
//!   much as a strong one here and in the barrier: the slot may have been visited when it held nothing, and is then not
//!   among those that are cleared at the end.
//!
//! **Roots** and **young objects** are left to the pause: it scavenges first, which promotes what is young and so makes it
//! grey, and then visits all roots. Lest that be most of what lives, where all is reached from what is made anew all the time, as in
//! persistent data structures, roots and young objects are looked at as well when nothing is grey any more, best just after a scavenge,
//! and marking is not complete before. A young object needs no barrier, for its slots are visited when it is promoted; so what
//! safe code may know of an object's youth to leave barriers out (`WriteBarrierMode`) holds while marking as well.
//!
//! The slots that lead into chunks which are to be evacuated are found on the same ways: `evacuator`.
//!
//! # When
//!
//! Marking begins when the old generation has grown by nine tenths of what it may grow until it is due, unless the
//! [policy](crate::HeapPolicy) says otherwise, and before a scavenge that might use up the rest. What is made while it is under way
//! lives until the next time, and each store costs more: so it is late and fast. It visits so many bytes for each byte by which the old
//! generation grows that it is through well before the limit, if as much is alive as the last time; if it turns out to be more, it goes
//! on faster. The faster it is, the shorter the linear allocation area, so that steps become more and not longer. What is left at the
//! limit, the pause does. Where nothing grows, each scavenge makes one small step. All is counted in bytes, so that a program runs the
//! same each time.
//!
//! Where nearly all that is young survives, the semi-space is emptied before marking begins, which takes no time then, and while it is
//! under way only a part of it is filled (`tenuring`); the last pause comes when next to nothing is in it, and not with
//! the step that makes marking complete.
//!
//! If other threads may help, they do that instead (`concurrent`), and the program's own only gives them what its barriers
//! have shaded, unless half of the room is used up before they are through.
//!
//! What dies after it was marked stays until the next time. A collection that is asked for, or that an allocation would
//! fail without, begins anew instead, so that all that is dead goes.
//!
//! V8 counterparts: `IncrementalMarking`, `MarkingBarrier`.

use super::CollectorState;
use super::evacuator::Candidates;
use super::marker::Marker;
use crate::heap::Heap;
use crate::isolate::IsolateData;
use crate::memory::{AREA_SIZE, ChunkSet, KB, MB, MemoryChunk};
use core::cell::{Cell, RefCell};
use std::time::Instant;

/// Bytes by which the old generation grows from one step to the next at the most: less than a chunk has, so that a step comes with
/// each. V8: 256 KiB.
const STEP: usize = 192 * KB;

/// The least.
const LEAST_STEP: usize = 16 * KB;

/// Bytes that a step visits at the most if it comes when it should.
const MOST_WORK: usize = 512 * KB;

/// Bytes that a step visits at least.
const LEAST_WORK: usize = 64 * KB;

/// Bytes of young objects, dead ones among them, that are looked at without a scavenge before: where none comes, old ones are made.
const YOUNG_TO_LOOK_AT: usize = MB;

/// What is told while marking goes on: the one part of it that barriers reach, through the headers of chunks.
#[derive(Debug)]
pub(crate) struct Marking {
    /// Objects that barriers have made grey.
    grey: RefCell<Vec<usize>>,
    /// Objects here are to be evacuated.
    candidates: ChunkSet,
    /// Slots that references to such objects were stored to; some perhaps more than once.
    slots: RefCell<Vec<usize>>,
    /// So many slots are looked through for those that are there more than once.
    look_at: Cell<usize>,
}

/// Slots that are not worth a look.
const LEAST_LOOK: usize = 4096;

impl Marking {
    pub(super) fn new(candidates: &Candidates) -> Marking {
        Marking {
            grey: RefCell::default(),
            candidates: candidates.set().clone(),
            slots: RefCell::default(),
            look_at: Cell::new(LEAST_LOOK),
        }
    }

    /// A reference to an old object was stored into an old one.
    #[cold]
    #[inline(never)]
    pub(crate) fn stored(&self, slot: usize, object: usize) {
        if self.candidates.contains(object) {
            self.note(slot);
        }
        self.shade(object);
    }

    fn note(&self, slot: usize) {
        let mut slots = self.slots.borrow_mut();
        if slots.len() >= self.look_at.get() {
            // A program may store to the same slots for ever.
            slots.sort_unstable();
            slots.dedup();
            self.look_at.set(LEAST_LOOK.max(2 * slots.len()));
        }
        slots.push(slot);
    }

    /// Takes the slots that were noted.
    pub(super) fn take_slots(&self) -> Vec<usize> {
        self.slots.take()
    }

    /// Makes an old object grey, if it is white.
    #[cold]
    #[inline(never)]
    pub(crate) fn shade(&self, object: usize) {
        if MemoryChunk::of(object).try_mark_among_others(object) {
            self.grey.borrow_mut().push(object);
        }
    }

    /// Takes the grey objects.
    pub(super) fn take(&self) -> Vec<usize> {
        self.grey.take()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.grey.borrow().is_empty()
    }

    pub(super) fn grey(&self) -> Vec<usize> {
        self.grey.borrow().clone()
    }
}

/// Marking that is under way.
#[derive(Debug)]
pub(crate) struct IncrementalMarking {
    pub(super) marker: Marker,
    /// Bytes to visit for each byte by which the old generation grows, until as many were visited as are expected to be alive.
    speed: usize,
    /// The same from then on.
    speed_if_more: usize,
    expected: usize,
    visited: usize,
    /// Bytes of the old generation in use when the last step was made.
    used_at_step: usize,
    /// If more are in use, this thread marks too, whoever helps.
    used_if_late: usize,
    /// Whether roots and young objects were looked at when nothing was grey.
    has_looked: bool,
}

impl IncrementalMarking {
    /// Objects that are marked and have not been visited.
    pub(crate) fn grey(&self) -> Vec<usize> {
        self.marker.grey()
    }

    /// Bytes to visit for each byte by which the old generation grows.
    fn speed(&self) -> usize {
        if self.visited < self.expected { self.speed } else { self.speed_if_more }
    }

    /// Bytes by which the old generation grows until the next step is due: the faster objects are visited, the fewer, so that steps are
    /// short.
    fn step(&self) -> usize {
        (MOST_WORK / self.speed()).clamp(LEAST_STEP, STEP)
    }
}

impl Heap {
    /// The bytes of the old generation at which marking begins.
    fn marking_start(&self) -> usize {
        let growth = self.old_generation_limit.saturating_sub(self.old_generation_live);
        self.old_generation_limit - growth / 100 * (100 - self.options.policy.marking_start as usize)
    }
}

impl Heap {
    /// The bytes of the old generation if the next scavenge, when there is one, promotes as much as the last did: so much of that as the
    /// young generation is filled by now. What grows so grows all the time, and not by megabytes at each scavenge: so does what is
    /// marked, in many short steps. What has not survived yet stays young, unless [all survivors](super::Tenuring) are promoted at once or it
    /// is large.
    fn weight_to_come(&self) -> usize {
        let young = self.new_space.used() + self.new_large_object_space.used();
        let expected = self.expected_of(young.saturating_sub(self.collector.copied_last));
        self.old_generation_weight() + expected.min(self.most_to_come())
    }

    /// The same while marking is under way: that must be through in time even if the next scavenge promotes the most it may.
    fn weight_to_mark_by(&self) -> usize {
        let filled = self.new_space.used() as u64;
        let feared = self.most_to_come() as u64 * filled / self.new_space.capacity() as u64;
        self.weight_to_come().max(self.old_generation_weight() + feared as usize)
    }

    /// The most that the next scavenge may promote.
    fn most_to_come(&self) -> usize {
        let survived = if self.is_survival_expected() { self.new_space.used() } else { self.collector.copied_last };
        survived + self.new_large_object_space.used()
    }

    /// While marking is under way: how many bytes of young objects are made until the next step is due, if they are taken to become old
    /// as above.
    pub(crate) fn until_next_marking_step(&self) -> Option<usize> {
        let step = self.collector.marking.as_ref()?.step();
        let made = |of: usize, promoted: usize| (step as u64).saturating_mul(of as u64) / promoted.max(1) as u64;
        let CollectorState { promoted_last, made_last, .. } = self.collector;
        let made = made(made_last, promoted_last).min(made(self.new_space.capacity(), self.most_to_come()));
        Some(step.max(made.min(AREA_SIZE as u64) as usize))
    }

    /// Whether it is time to begin to mark, if that is not under way.
    fn is_marking_due(&self) -> bool {
        self.options.policy.incremental_marking
            && (self.weight_to_come() >= self.marking_start()
                || self.old_generation_weight() + self.most_to_come() >= self.old_generation_limit)
    }

    /// Whether marking is under way, or should be.
    pub(crate) fn is_marking_or_due(&self) -> bool {
        self.collector.marking.is_some() || self.is_marking_due()
    }

    /// Whether more than [a part](super::Tenuring::to_fill) of the semi-space is full and will all become old: it does so in no time
    /// before marking begins, and is more work then.
    pub(crate) fn is_scavenge_better_first(&self) -> bool {
        let part = self.collector.tenuring.to_fill(true, self.new_space.capacity());
        self.collector.marking.is_none() && self.is_survival_expected() && self.new_space.used() >= part
    }

    /// What becomes old of so many bytes that are made, if it is as much as the last time.
    fn expected_of(&self, made: usize) -> usize {
        let CollectorState { promoted_last, made_last, .. } = self.collector;
        let expected = (promoted_last as u64).saturating_mul(made as u64) / made_last.max(1) as u64;
        made.min(expected as usize)
    }
}

impl IsolateData {
    /// Begins to mark. The old generation holds no marks: sweeping took them away.
    pub(crate) fn start_marking(&mut self) {
        debug_assert!(self.heap.collector.marking.is_none());
        self.heap.old_space.finish_sweeping();
        let mut marker = Marker::new(Candidates::choose(self, false));
        self.heap.set_marking(marker.marking());
        marker.visit_roots(self);
        marker.start_helpers(&self.heap, self.heap.options.helpers());
        let (size, weight) = (self.heap.old_generation_size(), self.heap.weight_to_mark_by());
        let headroom = self.heap.old_generation_limit.saturating_sub(weight).max(MB);
        // So much faster than it had to be if as much were alive as the last time, and nothing were made meanwhile. If it is more,
        // there is still time for all that is in use, unless it was to be no faster than that.
        let faster = self.heap.options.policy.marking_speed as usize;
        let expected = if faster > 1 { self.heap.collector.alive_of(size) } else { size };
        let speed = |bytes: usize| (faster * bytes).div_ceil(headroom).max(faster);
        self.heap.collector.marking = Some(IncrementalMarking {
            marker,
            speed: speed(expected),
            speed_if_more: speed(size),
            expected,
            visited: 0,
            used_at_step: weight,
            used_if_late: weight + headroom / 2,
            has_looked: false,
        });
    }

    /// Marks on if the old generation has grown enough, or begins to if it is time. For the slow paths of allocation.
    pub(crate) fn advance_marking(&mut self) {
        if !self.heap.options.policy.incremental_marking {
            return;
        }
        let used = self.heap.weight_to_mark_by();
        match &self.heap.collector.marking {
            None if self.heap.is_marking_due() => self.start_marking(),
            Some(marking) if used.saturating_sub(marking.used_at_step) >= marking.step() => {
                let from = self.heap.time_for_speeds();
                self.step(used, 0);
                if let Some(from) = from {
                    let time = self.heap.options.clock.now().saturating_duration_since(from);
                    self.heap.speeds.add_pause(time, true);
                }
            }
            _ => return,
        }
        self.resume_marking();
    }

    /// Makes other threads that mark wait.
    pub(crate) fn pause_marking(&self) {
        if let Some(helpers) = self.heap.collector.marking.as_ref().and_then(|marking| marking.marker.helpers()) {
            helpers.stop();
        }
    }

    /// Lets them go on.
    pub(crate) fn resume_marking(&self) {
        if let Some(helpers) = self.heap.collector.marking.as_ref().and_then(|marking| marking.marker.helpers()) {
            helpers.go_on();
        }
    }

    /// The same after a scavenge, which makes a step in any case.
    pub(super) fn advance_marking_after_scavenge(&mut self) {
        if self.heap.collector.marking.is_some() {
            self.look_around_if_complete();
            let used = self.heap.weight_to_mark_by();
            self.step(used, LEAST_WORK);
        } else {
            self.advance_marking();
        }
    }

    /// If nothing is grey, looks for what only roots and young objects refer to.
    fn look_around_if_complete(&mut self) {
        let Some(mut marking) = self.heap.collector.marking.take() else { return };
        if marking.marker.is_complete() {
            marking.marker.look_around(self);
            marking.has_looked = true;
        }
        self.heap.collector.marking = Some(marking);
    }

    fn step(&mut self, used: usize, least: usize) {
        let Some(mut marking) = self.heap.collector.marking.take() else { return };
        let grown = used.saturating_sub(core::mem::replace(&mut marking.used_at_step, used));
        let start = Instant::now();
        let is_left_to_helpers = marking.marker.leave_to_helpers(&self.heap);
        let mut visited = 0;
        if !is_left_to_helpers || used >= marking.used_if_late {
            // Half of the time has gone by, perhaps without them.
            let speed = if is_left_to_helpers { 2 * marking.speed() } else { marking.speed() };
            visited = marking.marker.advance(&self.heap, (grown * speed).max(least));
            marking.visited += visited;
            marking.marker.leave_to_helpers(&self.heap);
        }
        let looks_now = !marking.has_looked && self.heap.new_space.used() <= YOUNG_TO_LOOK_AT;
        self.heap.collector.marking = Some(marking);
        if looks_now {
            self.look_around_if_complete();
        }
        self.heap.collector.steps.add(start.elapsed(), visited);
    }

    /// Forgets what has been marked.
    pub(crate) fn abort_marking(&mut self) {
        if let Some(marking) = self.heap.collector.marking.take() {
            self.heap.clear_marking();
            marking.marker.give_up(&mut self.heap);
            self.heap.marked_chunks().for_each(MemoryChunk::clear_marks);
        }
    }

    /// Whether a full collection would have next to nothing left to mark.
    pub(crate) fn is_marking_complete(&self) -> bool {
        let marking = self.heap.collector.marking.as_ref();
        marking.is_some_and(|marking| marking.has_looked && marking.marker.is_complete())
    }

    /// Marks a little, for what was made old just now is grey; whether that was all.
    pub(crate) fn try_to_complete_marking(&mut self) -> bool {
        self.mark_on(LEAST_WORK);
        self.resume_marking();
        self.is_marking_complete()
    }

    /// Where most of what is made survives, a full semi-space is much to mark in one pause: marking is then ended when the semi-space
    /// has hardly begun to be filled, if it would not be complete again before the limit.
    pub(crate) fn is_time_to_finish_marking(&self) -> bool {
        let heap = &self.heap;
        let capacity = heap.new_space.capacity();
        heap.collector.marking.is_some()
            && heap.is_survival_expected()
            && heap.new_space.used() <= (capacity / 16).clamp(2 * AREA_SIZE, 4 * AREA_SIZE)
            && heap.old_generation_weight() + heap.expected_of(capacity) >= heap.old_generation_limit
    }

    /// Marks objects of so many bytes, if marking is under way.
    pub(crate) fn mark_on(&mut self, bytes: usize) {
        if let Some(mut marking) = self.heap.collector.marking.take() {
            marking.marker.advance(&self.heap, bytes);
            self.heap.collector.marking = Some(marking);
        }
    }

    /// Stress mode: marking is always on, and goes on by an object at each allocation.
    pub(crate) fn stress_marking(&mut self) {
        match self.heap.collector.marking.take() {
            None => self.start_marking(),
            Some(mut marking) => {
                if !marking.marker.leave_to_helpers(&self.heap) {
                    marking.marker.advance(&self.heap, 1);
                }
                self.heap.collector.marking = Some(marking);
            }
        }
        self.resume_marking();
    }
}
