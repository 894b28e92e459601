//! What each collection did.

use std::time::{Duration, Instant};

/// How much of the heap a collection looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CollectionKind {
    /// The young generation. V8: scavenge, minor GC.
    Young,
    /// All of it. V8: mark-compact, major GC.
    Full,
}

impl CollectionKind {
    /// A word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            CollectionKind::Young => "young",
            CollectionKind::Full => "full",
        }
    }
}

/// Why a collection ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CollectionReason {
    /// The embedder asked.
    Requested,
    /// The semi-space was full, or young large objects had used up as much.
    SemispaceFull,
    /// The old generation had grown since it was last marked.
    OldGenerationLimit,
    /// An allocation would have failed otherwise.
    LastResort,
    /// Stress mode.
    Stress,
    /// The embedder said that memory is short.
    MemoryPressure,
    /// All had been marked in steps, but for what the last pause has to see.
    MarkingComplete,
    /// A [schedule](crate::IsolateBuilder::schedule) said so.
    Schedule,
    /// External memory had grown since the last full collection.
    ExternalMemory,
    /// The embedder asked, and said why: [`HandleScope::collect_for`](crate::HandleScope::collect_for).
    Embedder(&'static str),
    /// A young object was to be [pinned](crate::HandleScope::pin): all that is young becomes old.
    Pin,
}

impl CollectionReason {
    /// Whether all that is dead has to go: what marking in steps has seen is forgotten then, for some of it may have died
    /// since.
    pub(super) const fn is_precise(self) -> bool {
        matches!(
            self,
            CollectionReason::Requested
                | CollectionReason::LastResort
                | CollectionReason::MemoryPressure
                | CollectionReason::Embedder(_)
        )
    }

    /// Whether as much memory as possible has to be won, whatever the pause.
    pub(super) const fn is_want_of_memory(self) -> bool {
        matches!(self, CollectionReason::LastResort | CollectionReason::MemoryPressure)
    }

    /// Words for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            CollectionReason::Requested => "requested",
            CollectionReason::SemispaceFull => "semi-space full",
            CollectionReason::OldGenerationLimit => "old generation limit",
            CollectionReason::LastResort => "last resort",
            CollectionReason::Stress => "stress",
            CollectionReason::MemoryPressure => "memory pressure",
            CollectionReason::MarkingComplete => "marking complete",
            CollectionReason::Schedule => "schedule",
            CollectionReason::ExternalMemory => "external memory",
            CollectionReason::Embedder(reason) => reason,
            CollectionReason::Pin => "pin",
        }
    }
}

/// One collection, as [`HeapStatistics::collections`](crate::inspect::HeapStatistics::collections) and
/// [`IsolateBuilder::trace_gc`](crate::IsolateBuilder::trace_gc) have it. Sizes are bytes. Times of the collector are measured
/// with [`Instant`](std::time::Instant); `since_start` and `mutator` are the [builder's clock](crate::IsolateBuilder::clock)'s.
///
/// A field more: a line here, one where it is set (`IsolateData::collect`), and one in `emit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CollectionRecord {
    /// The number of the isolate.
    pub isolate: u64,
    /// How much it looked at.
    pub kind: CollectionKind,
    /// Why it ran.
    pub reason: CollectionReason,
    /// When it began: time since the isolate was made.
    pub since_start: Duration,
    /// How long the program had run: time since the collection before this one ended, or since the isolate was made.
    pub mutator: Duration,
    /// How long the mutator stood still.
    pub pause: Duration,
    /// What the pause was spent on.
    pub phases: CollectionPhases,
    /// Bytes that the program had made since the collection before this one.
    pub allocated: usize,
    /// Bytes of objects before.
    pub used_before: usize,
    /// Bytes of objects after.
    pub used_after: usize,
    /// Bytes of all chunks before.
    pub committed_before: usize,
    /// Bytes of all chunks after.
    pub committed_after: usize,
    /// Bytes copied within the young generation.
    pub copied: usize,
    /// Bytes that became old: moved there, or large objects where they were.
    pub promoted: usize,
    /// Slots outside the young generation that referred into it, and were looked at one by one: a number. A pause in which little was
    /// copied was spent on these.
    pub remembered: usize,
    /// Bytes moved within the old generation, out of sparse chunks.
    pub evacuated: usize,
    /// Chunks that were given back because all that lived there had moved: a number.
    pub evacuated_chunks: usize,
    /// Chunks that were to be evacuated and could not be, or not whole: something there was pinned, or memory ran out. A number.
    pub aborted_chunks: usize,
    /// Bytes that marking found alive in the old generation; `None` of a young collection.
    pub live: Option<usize>,
    /// Steps of marking between the collection before this one and this one, each a pause of its own.
    pub marking_steps: MarkingSteps,
}

/// What the pause of a collection was spent on. What is in none of them, such as weak references and sizes, is not long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CollectionPhases {
    /// Copying and promoting young objects.
    pub scavenging: Duration,
    /// Marking what is alive: of a full collection all, or what steps had left; of a young one a step.
    pub marking: Duration,
    /// Moving what lives in sparse chunks, and changing the references to it, of a full collection.
    pub evacuating: Duration,
    /// Sweeping in the pause, of a full collection. Most is swept later, when memory is wanted, or by other threads.
    pub sweeping: Duration,
}

impl CollectionRecord {
    /// Of which nothing is known.
    const EMPTY: CollectionRecord = CollectionRecord {
        isolate: 0,
        kind: CollectionKind::Young,
        reason: CollectionReason::Requested,
        since_start: Duration::ZERO,
        mutator: Duration::ZERO,
        pause: Duration::ZERO,
        phases: CollectionPhases {
            scavenging: Duration::ZERO,
            marking: Duration::ZERO,
            evacuating: Duration::ZERO,
            sweeping: Duration::ZERO,
        },
        allocated: 0,
        used_before: 0,
        used_after: 0,
        committed_before: 0,
        committed_after: 0,
        copied: 0,
        promoted: 0,
        remembered: 0,
        evacuated: 0,
        evacuated_chunks: 0,
        aborted_chunks: 0,
        live: None,
        marking_steps: MarkingSteps::NONE,
    };

    /// Bytes that the program made in a second while it ran; `None` if the clock did not move.
    #[must_use]
    pub fn allocation_rate(&self) -> Option<f64> {
        (!self.mutator.is_zero()).then(|| self.allocated as f64 / self.mutator.as_secs_f64())
    }

    /// The share of time in which the program ran, from the collection before this one to the end of this one: between 0
    /// and 1. V8: average mutator utilization, of one cycle.
    #[must_use]
    pub fn mutator_utilization(&self) -> f64 {
        let still = self.pause + self.marking_steps.pause;
        let running = self.mutator.saturating_sub(self.marking_steps.pause);
        let all = (running + still).as_secs_f64();
        if all > 0.0 { running.as_secs_f64() / all } else { 1.0 }
    }

    /// The event of it, for `tracing`. It has all fields, times in microseconds.
    pub(super) fn emit(&self, unreturned: usize) {
        let us = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(
            target: "heapwright::gc",
            isolate = self.isolate,
            kind = self.kind.name(),
            reason = self.reason.name(),
            since_start_us = us(self.since_start),
            mutator_us = us(self.mutator),
            pause_us = us(self.pause),
            scavenging_us = us(self.phases.scavenging),
            marking_us = us(self.phases.marking),
            evacuating_us = us(self.phases.evacuating),
            sweeping_us = us(self.phases.sweeping),
            allocated = self.allocated,
            used_before = self.used_before,
            used_after = self.used_after,
            committed_before = self.committed_before,
            committed_after = self.committed_after,
            copied = self.copied,
            promoted = self.promoted,
            remembered = self.remembered,
            evacuated = self.evacuated,
            evacuated_chunks = self.evacuated_chunks,
            aborted_chunks = self.aborted_chunks,
            live = self.live,
            marking_steps = self.marking_steps.count,
            marking_steps_us = us(self.marking_steps.pause),
            marking_steps_visited = self.marking_steps.visited,
            marking_steps_elsewhere = self.marking_steps.elsewhere,
            unreturned,
            "collected"
        );
    }
}

impl core::fmt::Display for CollectionRecord {
    /// One line, aligned with those above and below it; see [`trace_gc`](crate::IsolateBuilder::trace_gc) for some.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mib = |bytes: usize| bytes as f64 / crate::memory::MB as f64;
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let (isolate, kind, reason) = (self.isolate, self.kind.name(), self.reason.name());
        write!(f, "[{isolate}] {:>9.1} ms: {kind:<5} {reason:<20} ", ms(self.since_start))?;
        let (used, committed) = (mib(self.used_before), mib(self.committed_before));
        write!(f, "{used:>7.1} ({committed:>7.1}) → ")?;
        let (used, committed) = (mib(self.used_after), mib(self.committed_after));
        write!(f, "{used:>7.1} ({committed:>7.1}) MiB  pause {:>7.3} ms", ms(self.pause))?;
        write!(f, "  copied {:>5.1} promoted {:>5.1} MiB", mib(self.copied), mib(self.promoted))?;
        write!(f, "  ran {:>8.1} ms", ms(self.mutator))?;
        match self.allocation_rate() {
            Some(rate) => write!(f, " at {:>5.0} MiB/s", rate / crate::memory::MB as f64)?,
            None => write!(f, " {:14}", "")?,
        }
        if self.remembered > 0 {
            write!(f, "  remembered {} slots", self.remembered)?;
        }
        if let Some(live) = self.live {
            let CollectionPhases { scavenging, marking, evacuating, sweeping } = self.phases;
            write!(f, "  live {:>7.1} MiB", mib(live))?;
            write!(f, "  scavenge {:.3} mark {:.3}", ms(scavenging), ms(marking))?;
            write!(f, " evacuate {:.3} sweep {:.3} ms", ms(evacuating), ms(sweeping))?;
            if self.evacuated_chunks + self.aborted_chunks > 0 {
                let (chunks, aborted) = (self.evacuated_chunks, self.aborted_chunks);
                write!(f, "  evacuated {:.1} MiB, {chunks} pages, {aborted} in vain", mib(self.evacuated))?;
            }
        }
        if self.marking_steps.count > 0 {
            let MarkingSteps { count, pause, visited, .. } = self.marking_steps;
            write!(f, "  {count} steps {:.3} ms {:.1} MiB", ms(pause), mib(visited as usize))?;
        }
        if self.marking_steps.elsewhere > 0 {
            write!(f, "  marked elsewhere {:.1} MiB", mib(self.marking_steps.elsewhere as usize))?;
        }
        Ok(())
    }
}

/// Records of the last collections, and totals of all.
#[derive(Debug, Default)]
pub(crate) struct CollectorState {
    /// Marking that is under way.
    pub(crate) marking: Option<super::IncrementalMarking>,
    pub(crate) steps: MarkingSteps,
    pub(super) callbacks: super::callbacks::GcCallbacks,
    pub(crate) ephemerons: super::EphemeronTotals,
    pub(crate) tenuring: super::Tenuring,
    records: std::collections::VecDeque<CollectionRecord>,
    pub(crate) young: CollectionTotals,
    pub(crate) full: CollectionTotals,
    /// Bytes that the last scavenge moved.
    pub(super) survived_last: usize,
    /// Of the last scavenge because the semi-space was full: bytes that had been made since the one before, bytes that became
    /// old, and bytes that it copied.
    pub(super) made_last: usize,
    pub(super) promoted_last: usize,
    pub(super) copied_last: usize,
    /// Of the last full collection: bytes of the old generation, and those of them that were alive.
    pub(super) marked_last: (usize, usize),
    /// Chunks that became old in the last scavenge that did not look at anything, since the last full collection and before marking.
    pub(super) unexamined: Vec<usize>,
    /// Bytes that survived scavenges since the young generation last grew.
    pub(super) survived_since_growth: usize,
    /// Collections in a row that found next to nothing young, see `resize`.
    pub(super) idle: u32,
    /// Bytes of objects that the mutator has made, up to the last collection.
    pub(crate) allocated: u64,
    used_after: usize,
    /// When the isolate was made and when the last collection ended, by the builder's clock.
    times: Option<(Instant, Instant)>,
    /// Of the collection under way.
    pub(super) phases: CollectionPhases,
    /// What `steps` was when the last collection ended.
    steps_before: MarkingSteps,
    /// Stress mode: how many random numbers evacuation has drawn.
    pub(super) evacuations_drawn: u64,
}

/// Collections of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CollectionTotals {
    /// How many.
    pub count: u64,
    /// Their pauses together.
    pub pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// Bytes copied within the young generation.
    pub copied: u64,
    /// Bytes that became old: moved there, or large objects where they were.
    pub promoted: u64,
    /// Bytes moved within the old generation, out of sparse chunks.
    pub evacuated: u64,
}

/// Steps of marking, each a pause of its own between collections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MarkingSteps {
    /// How many.
    pub count: u64,
    /// Their pauses together.
    pub pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// Bytes of the objects that were visited.
    pub visited: u64,
    /// Bytes of the objects that other threads visited, meanwhile or in pauses, of what was not marked in vain.
    pub elsewhere: u64,
}

impl MarkingSteps {
    const NONE: MarkingSteps =
        MarkingSteps { count: 0, pause: Duration::ZERO, longest_pause: Duration::ZERO, visited: 0, elsewhere: 0 };

    pub(super) fn add(&mut self, pause: Duration, visited: usize) {
        self.count += 1;
        self.pause += pause;
        self.longest_pause = self.longest_pause.max(pause);
        self.visited += visited as u64;
    }

    /// Those that were made since `before`. The longest of them is known if it is the longest of all.
    fn since(&self, before: &MarkingSteps) -> MarkingSteps {
        let is_new = self.longest_pause > before.longest_pause;
        MarkingSteps {
            count: self.count - before.count,
            pause: self.pause - before.pause,
            longest_pause: if is_new { self.longest_pause } else { Duration::ZERO },
            visited: self.visited - before.visited,
            elsewhere: self.elsewhere - before.elsewhere,
        }
    }
}

/// Records kept.
const KEPT: usize = 64;

impl CollectorState {
    /// What is alive of so many bytes of the old generation, if it is as much as the last time: an eighth at least, and all if nothing is
    /// known yet.
    pub(super) fn alive_of(&self, bytes: usize) -> usize {
        match self.marked_last {
            (0, _) => bytes,
            (marked, live) => {
                let alive = bytes as u128 * live as u128 / marked as u128;
                (alive.min(bytes as u128) as usize).max(bytes / 8)
            }
        }
    }

    /// The isolate is made, by its clock.
    pub(crate) fn start(&mut self, now: Instant) {
        self.times = Some((now, now));
    }

    /// A collection begins, by the isolate's clock.
    pub(super) fn begin(&mut self, now: Instant, used_before: usize) -> CollectionRecord {
        let (start, last) = *self.times.get_or_insert((now, now));
        self.phases = CollectionPhases::default();
        CollectionRecord {
            since_start: now.saturating_duration_since(start),
            mutator: now.saturating_duration_since(last),
            marking_steps: self.steps.since(&self.steps_before),
            allocated: used_before.saturating_sub(self.used_after),
            used_before,
            ..CollectionRecord::EMPTY
        }
    }

    /// It is over, by the isolate's clock.
    pub(super) fn end(&mut self, now: Instant) {
        if let Some((_, last)) = &mut self.times {
            *last = now;
        }
    }

    pub(super) fn add(&mut self, record: CollectionRecord) {
        self.allocated += record.allocated as u64;
        self.used_after = record.used_after;
        self.steps_before = self.steps;
        let totals = match record.kind {
            CollectionKind::Young => &mut self.young,
            CollectionKind::Full => &mut self.full,
        };
        totals.count += 1;
        totals.pause += record.pause;
        totals.longest_pause = totals.longest_pause.max(record.pause);
        totals.copied += record.copied as u64;
        totals.promoted += record.promoted as u64;
        totals.evacuated += record.evacuated as u64;
        if self.records.len() == KEPT {
            self.records.pop_front();
        }
        self.records.push_back(record);
    }

    /// The young generation has shrunk: survivors count from now on.
    pub(crate) fn forget_survivors(&mut self) {
        self.survived_since_growth = 0;
        self.idle = 0;
    }

    pub(crate) fn last(&self) -> &CollectionRecord {
        self.records.back().expect("called after `add`")
    }

    /// The last collections, oldest first.
    pub(crate) fn records(&self) -> impl ExactSizeIterator<Item = &CollectionRecord> {
        self.records.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::CollectorState;

    #[test]
    fn as_much_is_taken_for_alive_as_the_last_time() {
        let alive_of = |marked_last, bytes| CollectorState { marked_last, ..CollectorState::default() }.alive_of(bytes);
        assert_eq!(alive_of((0, 0), 1000), 1000);
        assert_eq!(alive_of((400, 100), 1000), 250);
        assert_eq!(alive_of((400, 1), 1000), 125);
        assert_eq!(alive_of((400, 500), 1000), 1000); // survivors came on top
        assert_eq!(alive_of((usize::MAX, usize::MAX), usize::MAX), usize::MAX);
    }
}
