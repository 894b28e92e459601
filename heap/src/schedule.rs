//! Collections at places that a seed chooses, and the same again.
//!
//! **Owns** [`GcSchedule`] and the record of what was done. **Promises** that a program which allocates the same under the
//! same schedule is collected the same: the same things are done at the same allocations, and objects lie at the same
//! offsets of the cage.
//!
//! Stress mode ([`IsolateBuilder::stress`](crate::IsolateBuilder::stress)) collects at every Nth allocation, always the
//! same way. What goes wrong in a collector goes wrong when its phases meet in an order that nobody thought of: a
//! schedule tries orders. Every allocation counts, those of the isolate's own setup too, and a reservation counts as one.

use crate::gc::{CollectionKind, CollectionReason};
use crate::handles::HandleScope;
use crate::isolate::IsolateData;
use crate::sampling::next_random;
use core::fmt;
use core::str::FromStr;

/// What a schedule may do at an allocation, before there is memory for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GcAction {
    /// Collects the young generation.
    Young,
    /// Collects all, from the start: what has been marked is kept, as it would be if the old generation were due.
    Full,
    /// Begins to mark in steps, unless marking is under way.
    StartMarking,
    /// Marks objects of so many bytes, if marking is under way.
    Mark(u32),
    /// Ends marking with a full collection, if it is under way.
    FinishMarking,
    /// Forgets what has been marked.
    AbortMarking,
}

/// Something that is done at one allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GcDecision {
    /// Which allocation of the isolate's, counted from 1.
    pub allocation: u64,
    /// What is done there.
    pub action: GcAction,
}

/// When an isolate is collected, for tests: see [`IsolateBuilder::schedule`](crate::IsolateBuilder::schedule).
///
/// As text it is a list of decisions, `12:young 80:full`, or `seed:7`; the verifier prints the decisions when it finds
/// something wrong, to be pasted into a test.
///
/// ```
/// use heapwright::{GcSchedule, prelude::*};
///
/// # #[heap_object] struct Point { x: Smi }
/// # heap_classes! { static CLASSES = [Point]; }
/// let run = |schedule: GcSchedule| -> Result<GcSchedule, heapwright::IsolateError> {
///     let mut isolate = Isolate::builder().classes(&CLASSES).schedule(schedule).verify(true).build()?;
///     let mut scope = isolate.enter();
///     for x in 0..1000 {
///         Point::allocate(&mut scope, PointInit { x });
///     }
///     Ok(scope.schedule_so_far().unwrap())
/// };
/// let decisions = run(GcSchedule::from_seed(7))?;
/// assert_eq!(run(GcSchedule::from_seed(7))?, decisions);
/// assert_eq!(run(decisions.to_string().parse().unwrap())?, decisions);
/// # Ok::<(), heapwright::IsolateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GcSchedule(Source);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Seed(u64),
    /// In ascending order of allocations.
    Decisions(Vec<GcDecision>),
}

impl GcSchedule {
    /// Something at about one allocation in 32: young collections more often than full ones, and steps of marking most
    /// often.
    #[must_use]
    pub const fn from_seed(seed: u64) -> GcSchedule {
        GcSchedule(Source::Seed(seed))
    }

    /// What is listed, such as what [was done](HandleScope::schedule_so_far) before. Several things at one allocation are
    /// done in the order of the list.
    #[must_use]
    pub fn replay(decisions: impl IntoIterator<Item = GcDecision>) -> GcSchedule {
        let mut decisions: Vec<_> = decisions.into_iter().collect();
        decisions.sort_by_key(|decision| decision.allocation);
        GcSchedule(Source::Decisions(decisions))
    }

    /// The decisions, if it is a list.
    #[must_use]
    pub fn decisions(&self) -> Option<&[GcDecision]> {
        match &self.0 {
            Source::Seed(_) => None,
            Source::Decisions(decisions) => Some(decisions),
        }
    }
}

impl fmt::Display for GcDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.allocation)?;
        match self.action {
            GcAction::Young => f.write_str("young"),
            GcAction::Full => f.write_str("full"),
            GcAction::StartMarking => f.write_str("start"),
            GcAction::Mark(bytes) => write!(f, "mark={bytes}"),
            GcAction::FinishMarking => f.write_str("finish"),
            GcAction::AbortMarking => f.write_str("abort"),
        }
    }
}

impl fmt::Display for GcSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Seed(seed) => write!(f, "seed:{seed}"),
            Source::Decisions(decisions) => {
                for (index, decision) in decisions.iter().enumerate() {
                    write!(f, "{}{decision}", if index > 0 { " " } else { "" })?;
                }
                Ok(())
            }
        }
    }
}

/// A text that is no [`GcSchedule`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{word}` is no decision of a schedule: the number of an allocation, a colon, and one of `young`, `full`, `start`, \
     `mark=BYTES`, `finish`, `abort`"
)]
pub struct ParseScheduleError {
    /// The part that was not understood.
    pub word: String,
}

impl FromStr for GcDecision {
    type Err = ParseScheduleError;

    fn from_str(word: &str) -> Result<GcDecision, ParseScheduleError> {
        let parse = || {
            let (allocation, action) = word.split_once(':')?;
            let action = match action {
                "young" => GcAction::Young,
                "full" => GcAction::Full,
                "start" => GcAction::StartMarking,
                "finish" => GcAction::FinishMarking,
                "abort" => GcAction::AbortMarking,
                _ => GcAction::Mark(action.strip_prefix("mark=")?.parse().ok()?),
            };
            Some(GcDecision { allocation: allocation.parse().ok()?, action })
        };
        parse().ok_or_else(|| ParseScheduleError { word: word.into() })
    }
}

impl FromStr for GcSchedule {
    type Err = ParseScheduleError;

    fn from_str(text: &str) -> Result<GcSchedule, ParseScheduleError> {
        if let Some(seed) = text.trim().strip_prefix("seed:") {
            let error = |_| ParseScheduleError { word: text.trim().into() };
            return seed.parse().map(GcSchedule::from_seed).map_err(error);
        }
        let decisions: Result<Vec<GcDecision>, _> = text.split_whitespace().map(str::parse).collect();
        Ok(GcSchedule::replay(decisions?))
    }
}

/// A schedule that is being followed.
#[derive(Debug)]
pub(crate) struct ScheduleRun {
    source: Source,
    /// Decisions of a list that have been followed.
    followed: usize,
    /// Of the seed.
    random: u64,
    /// Allocations so far.
    allocations: u64,
    /// The allocation at which something is done next, by the seed.
    next: u64,
    done: Vec<GcDecision>,
}

/// Allocations from one decision to the next are at most twice so many.
const MEAN_DISTANCE: u64 = 32;

impl ScheduleRun {
    pub(crate) fn new(GcSchedule(source): GcSchedule) -> ScheduleRun {
        let random = if let Source::Seed(seed) = source { seed } else { 0 };
        let mut run = ScheduleRun { source, followed: 0, random, allocations: 0, next: 0, done: Vec::new() };
        run.go_on();
        run
    }

    fn go_on(&mut self) {
        self.next = self.allocations + 1 + next_random(&mut self.random) % (2 * MEAN_DISTANCE);
    }

    /// What is to be done at this allocation next, if anything is. What has been chosen is what could be done.
    fn decide(&mut self, is_marking: bool) -> Option<GcAction> {
        let action = match &self.source {
            Source::Decisions(decisions) => {
                let decision =
                    decisions.get(self.followed).filter(|decision| decision.allocation <= self.allocations)?;
                self.followed += 1;
                decision.action
            }
            Source::Seed(_) => {
                if self.allocations < self.next {
                    return None;
                }
                self.go_on();
                let random = next_random(&mut self.random);
                let bytes = (random >> 32) as u32 % 4096;
                match (random % 16, is_marking) {
                    (0..5, _) => GcAction::Young,
                    (5, _) => GcAction::Full,
                    (6..16, false) => GcAction::StartMarking,
                    (6..13, true) => GcAction::Mark(bytes),
                    (13 | 14, true) => GcAction::FinishMarking,
                    _ => GcAction::AbortMarking,
                }
            }
        };
        self.done.push(GcDecision { allocation: self.allocations, action });
        Some(action)
    }
}

impl IsolateData {
    /// At an allocation: what the schedule says. The linear allocation area is open.
    pub(crate) fn follow_schedule(&mut self) {
        let Some(schedule) = &mut self.heap.schedule else { return };
        schedule.allocations += 1;
        loop {
            let is_marking = self.heap.collector.marking.is_some();
            let Some(action) = self.heap.schedule.as_mut().and_then(|schedule| schedule.decide(is_marking)) else {
                return;
            };
            match action {
                GcAction::Young => self.collect(CollectionKind::Young, CollectionReason::Schedule),
                GcAction::Full => self.collect(CollectionKind::Full, CollectionReason::Schedule),
                GcAction::StartMarking if !is_marking => self.start_marking(),
                GcAction::Mark(bytes) if is_marking => self.mark_on(bytes as usize),
                GcAction::FinishMarking if is_marking => self.collect(CollectionKind::Full, CollectionReason::Schedule),
                GcAction::AbortMarking => self.abort_marking(),
                GcAction::StartMarking | GcAction::Mark(_) | GcAction::FinishMarking => {}
            }
        }
    }

    /// What to say when something is wrong with the heap: how it came to that, if a schedule knows.
    pub(crate) fn how_to_replay(&self) -> String {
        match &self.heap.schedule {
            None => String::new(),
            Some(schedule) => {
                let decisions = GcSchedule::replay(schedule.done.iter().copied());
                format!("\nto see it again: `.schedule(\"{decisions}\".parse().unwrap())`")
            }
        }
    }
}

impl HandleScope<'_> {
    /// What the [schedule](crate::IsolateBuilder::schedule) has done so far, to be done again; `None` if the isolate was
    /// made without one. Collections that allocations caused are not among it: they come again by themselves.
    #[must_use]
    pub fn schedule_so_far(&self) -> Option<GcSchedule> {
        let schedule = self.data().heap.schedule.as_ref()?;
        Some(GcSchedule::replay(schedule.done.iter().copied()))
    }
}
