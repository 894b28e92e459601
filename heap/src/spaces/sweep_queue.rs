//! Owns [`SweepQueue`]: what is to be swept, and what was, between the thread that wants memory and those that help. Promises
//! that each chunk is swept once, and handed over once, to the former; and that it is told that there are none only when nobody
//! is at one.
//!
//! What a chunk is, and who asks for threads, is `sweeper`'s business. `tests/tests/schedules.rs` compiles this very file against a
//! model of threads that tries their interleavings.

use super::sync::{AtomicBool, Mutex, MutexGuard, Ordering, PoisonError};

/// Chunks, of type `C` before they are swept and `S` after.
#[derive(Debug)]
pub(crate) struct SweepQueue<C, S> {
    /// Taken from the end.
    unswept: Mutex<Vec<C>>,
    swept: Mutex<Vec<S>>,
    is_stopped: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it holds the lock.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<C, S> SweepQueue<C, S> {
    pub(crate) fn new(unswept: Vec<C>) -> SweepQueue<C, S> {
        SweepQueue { unswept: Mutex::new(unswept), swept: Mutex::default(), is_stopped: AtomicBool::new(false) }
    }

    /// Adds chunks, and sorts those that wait: the greatest is the next.
    pub(crate) fn add<K: Ord>(&self, chunks: impl IntoIterator<Item = C>, key: impl Fn(&C) -> K) {
        let mut unswept = lock(&self.unswept);
        unswept.extend(chunks);
        unswept.sort_by_key(key);
    }

    /// Sweeps one chunk, if one is left.
    fn sweep_next(&self, sweep: impl FnOnce(C) -> S) -> Option<S> {
        let chunk = lock(&self.unswept).pop()?;
        Some(sweep(chunk))
    }

    /// Sweeps for others, until nothing is left or [`stop`](Self::stop) is called. Only while the caller is waited for.
    pub(crate) fn help(&self, sweep: impl Fn(C) -> S) {
        while !self.is_stopped.load(Ordering::Relaxed)
            && let Some(swept) = self.sweep_next(&sweep)
        {
            lock(&self.swept).push(swept);
        }
    }

    /// A swept chunk: of another, or this thread's own; else that which others are at, for whom `wait` waits. `None` if all have
    /// been handed over.
    pub(crate) fn next(&self, sweep: impl FnOnce(C) -> S, wait: impl FnOnce()) -> Option<S> {
        self.next_at_hand(sweep).or_else(|| {
            wait();
            lock(&self.swept).pop()
        })
    }

    /// The same, or `None` also if others are at all that are left.
    pub(crate) fn next_at_hand(&self, sweep: impl FnOnce(C) -> S) -> Option<S> {
        let swept = lock(&self.swept).pop();
        swept.or_else(|| self.sweep_next(sweep))
    }

    /// All that were not handed over, in no order. `close` waits for others, and keeps them out.
    pub(crate) fn finish(&self, sweep: impl Fn(C) -> S, close: impl FnOnce()) -> Vec<S> {
        let mut all = Vec::new();
        while let Some(swept) = self.sweep_next(&sweep) {
            all.push(swept);
        }
        close();
        all.append(&mut lock(&self.swept));
        all
    }

    /// Lets helpers leave when they are done with the chunk they are at.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }
}
