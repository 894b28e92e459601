//! Stress: collections at allocations, and the modes that every isolate of a process is made with, for tests.
//!
//! **Owns** what `--cfg heapwright_stress` lets the environment variable `HEAPWRIGHT_STRESS` say, a list of [`Mode`]s with
//! commas between them: `verify,compaction`. They are what isolates are made with unless their builders are told
//! otherwise. It is read once. Without that cfg, no environment matters, and all this is a constant `false`.
//!
//! `tests/README.md` says how the suite is run under each.

use crate::gc::CollectionKind;

/// One word of `HEAPWRIGHT_STRESS`: something that isolates do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Verify the heap before and after each collection.
    Verify,
    /// Collect at every allocation: all of it at each of the first few hundred, then the young generation at most of
    /// them.
    Allocations,
    /// Mark all the time, with helping threads if there are cores, and with help in every pause.
    Marking,
    /// Evacuate every chunk of OLD space in every full collection.
    Compaction,
    /// End evacuations half-way.
    AbortEvacuation,
    /// Let at least three threads work on every scavenge, however small.
    Parallel,
    /// Collect on their own thread alone.
    OneThread,
}

/// Whether isolates are made with it in this process.
#[cfg(not(heapwright_stress))]
#[inline(always)]
#[must_use]
pub const fn mode(_: Mode) -> bool {
    false
}

#[cfg(heapwright_stress)]
pub use of_process::mode;

/// For loops of tests: `n`, or fewer where each allocation collects.
#[must_use]
pub fn scaled(n: usize) -> usize {
    if mode(Mode::Allocations) { n.min((n / 50).max(100)) } else { n }
}

#[cfg(heapwright_stress)]
mod of_process {
    use super::Mode;
    use std::sync::OnceLock;

    const WORDS: [(&str, Mode); 7] = [
        ("verify", Mode::Verify),
        ("allocations", Mode::Allocations),
        ("marking", Mode::Marking),
        ("compaction", Mode::Compaction),
        ("abort-evacuation", Mode::AbortEvacuation),
        ("parallel", Mode::Parallel),
        ("one-thread", Mode::OneThread),
    ];

    /// Whether isolates are made with it in this process.
    ///
    /// # Panics
    ///
    /// If `HEAPWRIGHT_STRESS` says something that is no mode.
    #[must_use]
    pub fn mode(mode: Mode) -> bool {
        static MODES: OnceLock<Vec<Mode>> = OnceLock::new();
        MODES.get_or_init(|| read(&std::env::var_os("HEAPWRIGHT_STRESS").unwrap_or_default())).contains(&mode)
    }

    fn read(list: &std::ffi::OsStr) -> Vec<Mode> {
        let list = list.to_string_lossy();
        let words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
        let modes: Vec<Mode> = words
            .map(|word| match WORDS.iter().find(|(known, _)| *known == word) {
                Some((_, mode)) => *mode,
                None => panic!(
                    "HEAPWRIGHT_STRESS has `{word}`, which is none of {}",
                    WORDS.map(|(known, _)| format!("`{known}`")).join(", ")
                ),
            })
            .collect();
        if modes.contains(&Mode::Parallel) && modes.contains(&Mode::OneThread) {
            panic!("HEAPWRIGHT_STRESS has both `parallel` and `one-thread`");
        }
        modes
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn lists_are_read() {
            assert_eq!(read("".as_ref()), []);
            assert_eq!(read("verify, abort-evacuation,".as_ref()), [Mode::Verify, Mode::AbortEvacuation]);
        }

        #[test]
        #[should_panic(expected = "has `verfy`, which is none of `verify`, `allocations`")]
        fn unknown_words_are_refused() {
            read("compaction,verfy".as_ref());
        }
    }
}

/// When allocations collect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AllocationStress {
    at: At,
    /// Allocations there were.
    allocations: u64,
    /// Which one is the next to do more than most.
    next: u64,
}

#[derive(Clone, Copy, Debug)]
enum At {
    /// Each so many.
    Every(u32, CollectionKind),
    /// Each one, most of them the young generation alone.
    Each,
}

/// Under [`Mode::Allocations`], the first allocations collect all. Then an isolate has what its test is about; collections of
/// all become fewer, so that large heaps can be made in the end.
const FULL: u64 = 500;

impl AllocationStress {
    /// A collection at each so many allocations, at least 1.
    pub(crate) const fn every(interval: u32, kind: CollectionKind) -> AllocationStress {
        AllocationStress { at: At::Every(interval, kind), allocations: 0, next: interval as u64 }
    }

    /// What [`Mode::Allocations`] asks for, if it does.
    pub(crate) fn of_process() -> Option<AllocationStress> {
        mode(Mode::Allocations).then_some(AllocationStress { at: At::Each, allocations: 0, next: 1 })
    }

    /// Whether it is asked for by the process, not by a builder.
    pub(crate) const fn is_of_process(&self) -> bool {
        matches!(self.at, At::Each)
    }

    /// An allocation: what it is to collect.
    pub(crate) fn count(&mut self) -> Option<CollectionKind> {
        self.allocations += 1;
        let is_next = self.allocations == self.next;
        match self.at {
            At::Every(interval, kind) => is_next.then(|| {
                self.next += u64::from(interval);
                kind
            }),
            At::Each if is_next => {
                self.next += 1 + self.allocations / FULL;
                Some(CollectionKind::Full)
            }
            At::Each => Some(CollectionKind::Young),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CollectionKind::{Full, Young};

    #[test]
    fn intervals_are_kept() {
        let mut stress = AllocationStress::every(3, Young);
        let collected: Vec<_> = (0..7).map(|_| stress.count()).collect();
        assert_eq!(collected, [None, None, Some(Young), None, None, Some(Young), None]);
    }

    #[test]
    fn every_allocation_collects_and_ever_fewer_collect_all() {
        let mut stress = AllocationStress { at: At::Each, allocations: 0, next: 1 };
        let kinds: Vec<_> = (0..100_000).map(|_| stress.count().expect("each collects")).collect();
        assert!(kinds[..499].iter().all(|kind| *kind == Full));
        let full = kinds.iter().filter(|kind| **kind == Full).count();
        assert!((2_000..4_000).contains(&full), "{full}");
    }
}
