//! Stress: collections at allocations, and the modes that every isolate of a process is made with, for tests.
//!
//! **Owns** what `--cfg heapwright_stress` lets the environment variable `HEAPWRIGHT_STRESS` say, a list of [`Mode`]s with
//! commas between them: `verify,compaction`. They are what isolates are made with unless their builders are told
//! otherwise. It is read once. Without that cfg, no environment matters, and all this is a constant `false`.
//!
//! `tests/README.md` says how the suite is run under each.

use crate::gc::CollectionKind;
use crate::memory::KB;

/// One word of `HEAPWRIGHT_STRESS`: something that isolates do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Verify the heap before and after each collection.
    Verify,
    /// Collect at every allocation: at the first few hundred of an isolate all of it, then mostly the young generation, and in
    /// large heaps in the end not at all of them.
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
    /// Promote the young generation as it lies, looked at or not, in some collections of any kind.
    Promotion,
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

    const WORDS: [(&str, Mode); 8] = [
        ("verify", Mode::Verify),
        ("allocations", Mode::Allocations),
        ("marking", Mode::Marking),
        ("compaction", Mode::Compaction),
        ("abort-evacuation", Mode::AbortEvacuation),
        ("parallel", Mode::Parallel),
        ("one-thread", Mode::OneThread),
        ("promotion", Mode::Promotion),
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
    /// The next one that collects; under [`Mode::Allocations`], that collects all.
    next: u64,
    /// The next one that collects the young generation, under that mode.
    next_young: u64,
}

#[derive(Clone, Copy, Debug)]
enum At {
    /// Each so many.
    Every(u32, CollectionKind),
    /// Each one, or nearly: under [`Mode::Allocations`].
    Each,
}

/// Under [`Mode::Allocations`], so many allocations of an isolate collect all, and so many collect something, however large the
/// heap is. What a test is about is mostly there by then. Later ones are spared, the more of them the larger the heap, and more where
/// each is verified, so that tests which fill heaps end.
const FULL: u64 = 250;

/// See [`FULL`].
const YOUNG: u64 = 2_000;

impl AllocationStress {
    /// A collection at each so many allocations, at least 1.
    pub(crate) const fn every(interval: u32, kind: CollectionKind) -> AllocationStress {
        AllocationStress { at: At::Every(interval, kind), allocations: 0, next: interval as u64, next_young: 0 }
    }

    const EACH: AllocationStress = AllocationStress { at: At::Each, allocations: 0, next: 1, next_young: 1 };

    /// What [`Mode::Allocations`] asks for, if it does.
    pub(crate) fn of_process() -> Option<AllocationStress> {
        mode(Mode::Allocations).then_some(AllocationStress::EACH)
    }

    /// Whether it is asked for by the process, not by a builder.
    pub(crate) const fn is_of_process(&self) -> bool {
        matches!(self.at, At::Each)
    }

    /// An allocation in a heap of so many bytes: what it is to collect.
    pub(crate) fn count(&mut self, used: impl FnOnce() -> usize) -> Option<CollectionKind> {
        self.allocations += 1;
        let n = self.allocations;
        match self.at {
            At::Every(interval, kind) => (n == self.next).then(|| {
                self.next += u64::from(interval);
                kind
            }),
            At::Each if n >= self.next => {
                let spared = if n < FULL { 0 } else { n / 100 + (used() / (16 * KB)) as u64 };
                self.next = n + 1 + spared;
                Some(CollectionKind::Full)
            }
            At::Each if n >= self.next_young => {
                let spared = if n < YOUNG { 0 } else { n / 1_000 + (used() / (64 * KB)) as u64 };
                self.next_young = n + 1 + spared;
                Some(CollectionKind::Young)
            }
            At::Each => None,
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
        let collected: Vec<_> = (0..7).map(|_| stress.count(|| 0)).collect();
        assert_eq!(collected, [None, None, Some(Young), None, None, Some(Young), None]);
    }

    #[test]
    fn allocations_collect_and_later_ones_are_spared() {
        let (mut small, mut large) = (AllocationStress::EACH, AllocationStress::EACH);
        let mut counts = [[0; 2]; 2];
        let [of_small, of_large] = &mut counts;
        for n in 1..100_000 {
            for (stress, used, counts) in [(&mut small, 0, &mut *of_small), (&mut large, 10 << 20, &mut *of_large)] {
                let kind = stress.count(|| used);
                assert!(n >= FULL || kind == Some(Full));
                assert!(n >= YOUNG || kind.is_some());
                counts[0] += usize::from(kind == Some(Full));
                counts[1] += usize::from(kind == Some(Young));
            }
        }
        assert!(counts[0][0] > 500 && counts[0][1] > 4_000, "{counts:?}");
        assert!(counts[1][0] < 500 && counts[1][1] < 3_000, "{counts:?}");
    }
}
