//! Owns [`Sharing`]: work that visitors do beside each other, each on a thread of its own, until there is none or they are told
//! to stop. Promises that no work is lost and none is done twice: at any time it is offered to all, or with a visitor, be that at
//! work or left behind.
//!
//! Who asks for threads and waits for them is `workers`' business. `tests/tests/schedules.rs` compiles this very file against a
//! model of threads that tries their interleavings.

use super::sync::{AtomicBool, AtomicUsize, Mutex, MutexGuard, Ordering, PoisonError};

/// One of those who do the work.
pub(crate) trait Visitor {
    /// What may be given from one to another.
    type Work;

    /// Does some of what it has; it has some. Returns how much that was.
    fn advance(&mut self) -> usize;

    fn is_idle(&self) -> bool;

    /// Takes work, and has none.
    fn take_over(&mut self, work: Self::Work);

    /// A part of its work, if that is more than it needs.
    fn give_away(&mut self) -> Option<Self::Work>;

    /// All of its work, if it has some.
    fn leave_all(&mut self) -> Option<Self::Work>;
}

/// What visitors share.
#[derive(Debug)]
pub(crate) struct Sharing<V: Visitor> {
    /// What anybody may take.
    offered: Mutex<Vec<V::Work>>,
    /// How many there are, or are about to be.
    offers: AtomicUsize,
    /// Those that no thread uses at the moment.
    visitors: Mutex<Vec<V>>,
    is_stopped: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it holds a lock.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<V: Visitor> Sharing<V> {
    /// Without work. Nobody helps until told to [go on](Self::go_on).
    pub(crate) fn new() -> Sharing<V> {
        Sharing {
            offered: Mutex::new(Vec::new()),
            offers: AtomicUsize::new(0),
            visitors: Mutex::new(Vec::new()),
            is_stopped: AtomicBool::new(true),
        }
    }

    /// Gives work to whoever takes it.
    pub(crate) fn offer(&self, work: V::Work) {
        let mut offered = lock(&self.offered);
        offered.push(work);
        self.offers.store(offered.len(), Ordering::Relaxed);
    }

    /// Whether there is some.
    pub(crate) fn has_offers(&self) -> bool {
        self.offers.load(Ordering::Relaxed) > 0
    }

    fn take(&self) -> Option<V::Work> {
        if !self.has_offers() {
            return None;
        }
        let mut offered = lock(&self.offered);
        let work = offered.pop();
        self.offers.store(offered.len(), Ordering::Relaxed);
        work
    }

    /// Works until nobody offers anything more, or as long as `go_on` says of what was done.
    pub(crate) fn visit(&self, visitor: &mut V, mut go_on: impl FnMut(usize) -> bool) {
        loop {
            if visitor.is_idle() {
                let Some(work) = self.take() else { return };
                visitor.take_over(work);
            }
            let visited = visitor.advance();
            if !self.has_offers()
                && let Some(work) = visitor.give_away()
            {
                self.offer(work);
            }
            if !go_on(visited) {
                return;
            }
        }
    }

    /// What a thread that helps does, with a visitor that was left or a new one.
    pub(crate) fn help(&self, new_visitor: impl FnOnce() -> V) {
        if self.is_stopped() {
            return;
        }
        let left = lock(&self.visitors).pop();
        let mut visitor = left.unwrap_or_else(new_visitor);
        self.visit(&mut visitor, |_| !self.is_stopped());
        lock(&self.visitors).push(visitor);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    /// Tells those who help to leave soon, and those who come to do nothing.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    /// Offers what visitors have left, and lets others help.
    pub(crate) fn go_on(&self) {
        for work in self.take_left() {
            self.offer(work);
        }
        self.is_stopped.store(false, Ordering::Relaxed);
    }

    /// Takes what visitors have left.
    pub(crate) fn take_left(&self) -> Vec<V::Work> {
        lock(&self.visitors).iter_mut().filter_map(Visitor::leave_all).collect()
    }

    /// Takes what is offered.
    pub(crate) fn take_offered(&self) -> Vec<V::Work> {
        let mut offered = lock(&self.offered);
        self.offers.store(0, Ordering::Relaxed);
        core::mem::take(&mut *offered)
    }

    /// Calls `look` with what is offered and with the visitors that nobody uses.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&[V::Work], &mut Vec<V>) -> R) -> R {
        let offered = lock(&self.offered);
        look(&offered, &mut lock(&self.visitors))
    }
}
