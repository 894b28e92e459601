//! What each collection did.

use std::time::Duration;

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
}

impl CollectionReason {
    /// Whether all that is dead has to go: what marking in steps has seen is forgotten then, for some of it may have died
    /// since.
    pub(super) const fn is_precise(self) -> bool {
        matches!(self, CollectionReason::Requested | CollectionReason::LastResort | CollectionReason::MemoryPressure)
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
        }
    }
}

/// One collection.
#[derive(Clone, Copy, Debug)]
pub struct CollectionRecord {
    /// How much it looked at.
    pub kind: CollectionKind,
    /// Why it ran.
    pub reason: CollectionReason,
    /// How long the mutator stood still.
    pub pause: Duration,
    /// Bytes of objects before.
    pub used_before: usize,
    /// Bytes of objects after.
    pub used_after: usize,
    /// Bytes copied within the young generation.
    pub copied: usize,
    /// Bytes that became old: moved there, or large objects where they were.
    pub promoted: usize,
}

/// Records of the last collections, and totals of all.
#[derive(Debug, Default)]
pub(crate) struct CollectorState {
    /// Marking that is under way.
    pub(crate) marking: Option<super::IncrementalMarking>,
    pub(crate) steps: MarkingSteps,
    pub(crate) ephemerons: super::EphemeronTotals,
    pub(super) tenuring: super::tenuring::Tenuring,
    records: std::collections::VecDeque<CollectionRecord>,
    pub(crate) young: CollectionTotals,
    pub(crate) full: CollectionTotals,
    /// Bytes that survived scavenges since the young generation last grew.
    pub(super) survived_since_growth: usize,
    /// Collections in a row that found next to nothing young, see `resize`.
    pub(super) idle: u32,
    /// Bytes of objects that the mutator has made, up to the last collection.
    pub(crate) allocated: u64,
    used_after: usize,
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
}

impl MarkingSteps {
    pub(super) fn add(&mut self, pause: Duration, visited: usize) {
        self.count += 1;
        self.pause += pause;
        self.longest_pause = self.longest_pause.max(pause);
        self.visited += visited as u64;
    }
}

/// Records kept.
const KEPT: usize = 64;

impl CollectorState {
    pub(super) fn add(&mut self, record: CollectionRecord) {
        self.allocated += record.used_before.saturating_sub(self.used_after) as u64;
        self.used_after = record.used_after;
        let totals = match record.kind {
            CollectionKind::Young => &mut self.young,
            CollectionKind::Full => &mut self.full,
        };
        totals.count += 1;
        totals.pause += record.pause;
        totals.longest_pause = totals.longest_pause.max(record.pause);
        totals.copied += record.copied as u64;
        totals.promoted += record.promoted as u64;
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
