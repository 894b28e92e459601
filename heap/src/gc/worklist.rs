//! Owns [`Worklist`]: what several threads share of their work, and how they find out that there is none left. Promises that
//! each segment is taken once, and that all are told to stop when, and only when, no thread has or can be given any more.
//!
//! A thread keeps most of its work to itself. It gives a part away when somebody is short of it ([`Worklist::wants`], one
//! load), and comes here when it has none. A lock is enough: what is shared are segments of many objects, not objects.
//!
//! Why the end is the end: a thread that counts as working has work of its own or is about to ask for some, and asks with
//! empty hands. So when the last one that works finds no segment, there is none anywhere: the others gave up theirs before
//! they rested, and have been given none since.
//!
//! `tests/tests/schedules.rs` compiles this very file against a model of threads that tries their interleavings.
//!
//! V8 counterpart: `::heap::base::Worklist`, and the part of `JobHandle` that counts workers.

use super::sync::{AtomicUsize, Condvar, Mutex, MutexGuard, Ordering, PoisonError};

/// Work that one thread gives to another: addresses of objects.
pub(crate) type Segment = Vec<usize>;

#[derive(Debug)]
struct State {
    segments: Vec<Segment>,
    /// Threads that were called and have not come yet.
    absent: usize,
    /// Threads that may give work away, or are about to ask for it.
    working: usize,
    /// Threads that wait for work.
    waiting: usize,
    is_done: bool,
}

/// What threads share of their work.
#[derive(Debug)]
pub(crate) struct Worklist {
    state: Mutex<State>,
    changed: Condvar,
    /// Segments that would be taken at once, as of the last change.
    wanted: AtomicUsize,
}

impl Worklist {
    /// For a thread that works from the beginning, and as many `helpers` as may come.
    pub(crate) fn new(helpers: usize) -> Worklist {
        let state = State { segments: Vec::new(), absent: helpers, working: 1, waiting: 0, is_done: false };
        Worklist { state: Mutex::new(state), changed: Condvar::new(), wanted: AtomicUsize::new(helpers) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing here panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Segments for all who wait, and one for each who may still come: it shall find one.
    fn note_wanted(&self, state: &State) {
        let wanted = (state.waiting + state.absent).saturating_sub(state.segments.len());
        self.wanted.store(wanted, Ordering::Relaxed);
    }

    /// A helper comes; whether there is something left to do.
    pub(crate) fn enter(&self) -> bool {
        let mut state = self.state();
        if state.is_done {
            return false;
        }
        state.absent = state.absent.saturating_sub(1);
        state.working += 1;
        self.note_wanted(&state);
        true
    }

    /// Whether somebody is short of work. A hint: the answer may be old.
    #[inline(always)]
    pub(crate) fn wants(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) > 0
    }

    /// Gives work away. By a thread that works.
    pub(crate) fn share(&self, segment: Segment) {
        let mut state = self.state();
        state.segments.push(segment);
        self.note_wanted(&state);
        if state.waiting > 0 {
            self.changed.notify_one();
        }
    }

    /// Work for a thread that has none left; waits for it if others may give some away. `None`: there is none and never
    /// will be.
    pub(crate) fn take(&self) -> Option<Segment> {
        let mut state = self.state();
        if let Some(segment) = state.segments.pop() {
            self.note_wanted(&state);
            return Some(segment);
        }
        state.working -= 1;
        if state.working == 0 {
            state.is_done = true;
            self.changed.notify_all();
            return None;
        }
        state.waiting += 1;
        self.note_wanted(&state);
        loop {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            if state.is_done {
                return None;
            }
            if let Some(segment) = state.segments.pop() {
                state.waiting -= 1;
                state.working += 1;
                self.note_wanted(&state);
                return Some(segment);
            }
        }
    }

    /// Threads that have come, rest or not, beside the first.
    pub(crate) fn helpers(&self) -> usize {
        let state = self.state();
        (state.working + state.waiting).saturating_sub(1)
    }
}
