//! Owns [`Gate`]: who is inside of a job. Promises that nobody enters once it is closed, and that whoever closes it returns
//! when all have left. So a job may use what lives no longer than that.
//!
//! `tests/tests/schedules.rs` compiles this very file against a model of threads that tries their interleavings.

use super::sync::{Condvar, Mutex, MutexGuard, PoisonError};

#[derive(Debug, Default)]
struct State {
    /// Threads that have entered so far.
    entered: usize,
    inside: usize,
    is_closed: bool,
}

/// Lets threads in until it is closed.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    left: Condvar,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing here panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `work` with the number of the thread, counted from 1 in the order they came, unless the gate is closed.
    /// `work` does not unwind, or the gate stays open for ever.
    pub(crate) fn enter(&self, work: impl FnOnce(usize)) {
        let number = {
            let mut state = self.state();
            if state.is_closed {
                return;
            }
            state.inside += 1;
            state.entered += 1;
            state.entered
        };
        work(number);
        let mut state = self.state();
        state.inside -= 1;
        if state.inside == 0 {
            self.left.notify_all();
        }
    }

    /// Lets nobody in any more, and waits for those who are inside.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.wait();
    }

    /// Waits until nobody is inside. Others may enter, and may have by the time this returns: who relies on it has told
    /// them before to do nothing.
    pub(crate) fn wait(&self) {
        let mut state = self.state();
        while state.inside > 0 {
            state = self.left.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Threads that have entered, whether they are inside still or not.
    pub(crate) fn entered(&self) -> usize {
        self.state().entered
    }

    /// Threads that are inside.
    pub(crate) fn inside(&self) -> usize {
        self.state().inside
    }
}
