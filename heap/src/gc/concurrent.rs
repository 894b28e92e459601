//! Owns [`Helpers`]: threads that mark beside the isolate's own, while the program runs or in the pause.
//!
//! Each has a visitor, and shares what it has too much of. They stop when they are told to, within microseconds: for each
//! scavenge, and when the heap is verified; what they have found stays with their visitors until the pause.
//!
//! # Why there is no race
//!
//! Helpers look at objects in the chunks that were there when marking began, which neither go nor are swept before it ends,
//! and in which nothing moves; and at those they are given. Of an object they read
//!
//! - the first word, the map it refers to, the words that lengths are made of: written when the object was made, and never
//!   again;
//! - its tagged words, as the mutator does, with atomic operations.
//!
//! A reference that is found in a slot may be to an object that was made after marking began. It was made by the mutator,
//! which marks whatever it makes or promotes outside of the young generation, and says so with a release fence before it can
//! store a reference to it (`body::made_old`; scavenges make everything wait). The slot is read with acquire: so the object
//! is found whole, and its mark as well, so that it is left alone. Its chunk may be new, and is then not looked at.
//! Young objects are not looked at, so their memory may be used anew at any time.
//!
//! Mark bits change by atomic `or`: one thread alone is told that it was the first, and visits the object.
//!
//! What the mutator shades goes to a list of its own thread, and from there to all under a lock.
//!
//! V8 counterpart: `ConcurrentMarking`.

use super::evacuator::Candidates;
use super::marking_visitor::{Grey, MarkingVisitor};
use super::workers::{Gang, Job};
use crate::memory::{ChunkSet, KB};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes that are visited between two looks at whether to stop: some ten microseconds.
const SLICE: usize = 8 * KB;

/// Grey objects from which on half of them are offered to others that have none.
const MUCH: usize = 256;

/// Threads that mark one heap.
#[derive(Debug)]
pub(super) struct Helpers {
    gang: Gang<Together>,
    wanted: usize,
}

#[derive(Debug)]
struct Together {
    marked: ChunkSet,
    candidates: Candidates,
    /// What anybody may take.
    offered: Mutex<Vec<Grey>>,
    /// How many there are.
    offers: AtomicUsize,
    /// Those that nobody uses at the moment.
    visitors: Mutex<Vec<MarkingVisitor>>,
    is_stopped: AtomicBool,
}

// SAFETY: what visitors hold are addresses and chunks of one heap, to which they do as told above. The marker makes helpers
// leave before that is not so any more, and those that come later do nothing.
unsafe impl Send for Together {}
// SAFETY: as above; the rest is behind locks.
unsafe impl Sync for Together {}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it holds a lock.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Together {
    fn offer(&self, grey: Grey) {
        if !grey.is_empty() {
            lock(&self.offered).push(grey);
            self.offers.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn take(&self) -> Option<Grey> {
        if self.offers.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let grey = lock(&self.offered).pop()?;
        self.offers.fetch_sub(1, Ordering::Relaxed);
        Some(grey)
    }

    /// Marks until nobody offers anything more, or as long as `go_on` says.
    fn mark(&self, visitor: &mut MarkingVisitor, mut go_on: impl FnMut(usize) -> bool) {
        loop {
            if visitor.grey.is_empty() {
                let Some(grey) = self.take() else { return };
                visitor.grey = grey;
            }
            let visited = visitor.advance::<true>(SLICE);
            if self.offers.load(Ordering::Relaxed) == 0 && visitor.grey.objects.len() > MUCH {
                // The oldest: most hangs on them.
                let half = visitor.grey.objects.len() / 2;
                let objects = visitor.grey.objects.drain(..half).collect();
                self.offer(Grey { objects, rows: Vec::new() });
            }
            if !go_on(visited) {
                return;
            }
        }
    }
}

impl Job for Together {
    fn work(&self, _: usize) {
        if self.is_stopped.load(Ordering::Relaxed) {
            return;
        }
        let visitor = lock(&self.visitors).pop();
        let mut visitor = visitor.unwrap_or_else(|| MarkingVisitor::for_a_helper(&self.candidates));
        visitor.look_at(self.marked.clone());
        self.mark(&mut visitor, |_| !self.is_stopped.load(Ordering::Relaxed));
        lock(&self.visitors).push(visitor);
    }
}

impl Helpers {
    /// Up to `wanted` threads that mark in these chunks, as soon as they are let.
    pub(super) fn new(marked: ChunkSet, candidates: Candidates, wanted: usize) -> Helpers {
        let together = Together {
            marked,
            candidates,
            offered: Mutex::default(),
            offers: AtomicUsize::new(0),
            visitors: Mutex::default(),
            is_stopped: AtomicBool::new(true),
        };
        Helpers { gang: Gang::new(together, 0), wanted }
    }

    /// Offers grey objects to all, and asks threads to come if there is something to do and they are let.
    pub(super) fn offer(&self, grey: Grey) {
        self.gang.job().offer(grey);
        self.call();
    }

    fn call(&self) {
        let together = self.gang.job();
        if together.offers.load(Ordering::Relaxed) > 0 && !together.is_stopped.load(Ordering::Relaxed) {
            self.gang.call(self.wanted.saturating_sub(self.gang.helpers()));
        }
    }

    /// Makes all leave, and waits until they have.
    pub(super) fn stop(&self) {
        self.gang.job().is_stopped.store(true, Ordering::Relaxed);
        self.gang.wait();
    }

    /// Lets them come, or come again.
    pub(super) fn go_on(&self) {
        let together = self.gang.job();
        for visitor in lock(&together.visitors).iter_mut() {
            together.offer(core::mem::take(&mut visitor.grey));
        }
        together.is_stopped.store(false, Ordering::Relaxed);
        self.call();
    }

    /// Takes what those that have left had still to do. For who has stopped them.
    pub(super) fn take(&self) -> Grey {
        let mut left = Grey::default();
        for visitor in lock(&self.gang.job().visitors).iter_mut() {
            left.append(&mut visitor.grey);
        }
        left
    }

    /// Marks on this thread too, until so many bytes were visited or nobody offers anything more.
    pub(super) fn help(&self, visitor: &mut MarkingVisitor, budget: usize) -> usize {
        let mut visited = 0;
        self.gang.job().mark(visitor, |bytes| {
            visited += bytes;
            visited < budget
        });
        visited
    }

    /// Marks until nothing seems to be left to do for anybody: what others are at when they are stopped, and what they have
    /// put aside, is.
    pub(super) fn finish(&self, visitor: &mut MarkingVisitor) {
        loop {
            self.help(visitor, usize::MAX);
            // Who still works may offer more: it is looked for again when they have left.
            if self.gang.helpers() == 0 {
                if self.gang.job().offers.load(Ordering::Relaxed) == 0 {
                    return;
                }
            } else {
                std::thread::yield_now();
            }
        }
    }

    /// Whether nothing is left to do for anybody.
    pub(super) fn is_complete(&self) -> bool {
        let together = self.gang.job();
        self.gang.helpers() == 0
            && lock(&together.offered).is_empty()
            && lock(&together.visitors).iter().all(|visitor| visitor.grey.is_empty() && visitor.custom.is_empty())
    }

    /// Takes the objects that were put aside.
    pub(super) fn take_custom(&self) -> Vec<usize> {
        lock(&self.gang.job().visitors).iter_mut().flat_map(|visitor| core::mem::take(&mut visitor.custom)).collect()
    }

    /// The grey objects of those that have left. For who has stopped them.
    pub(super) fn grey(&self) -> Vec<usize> {
        let together = self.gang.job();
        let offered = lock(&together.offered);
        let visitors = lock(&together.visitors);
        let own = visitors.iter().flat_map(|visitor| visitor.grey.addresses().chain(visitor.custom.iter().copied()));
        offered.iter().flat_map(Grey::addresses).chain(own).collect()
    }

    /// Ends it. What all have found goes to `visitor`, and what they have left. Returns the bytes that they have visited.
    pub(super) fn end(self, visitor: &mut MarkingVisitor) -> usize {
        self.stop();
        self.gang.close();
        let together = self.gang.job();
        lock(&together.offered).drain(..).for_each(|mut grey| visitor.grey.append(&mut grey));
        let visitors = core::mem::take(&mut *lock(&together.visitors));
        visitors.into_iter().map(|other| visitor.absorb(other)).sum()
    }
}

impl Drop for Helpers {
    /// Whoever drops them has no use for what they found: nobody is to wait until they are through.
    fn drop(&mut self) {
        self.stop();
    }
}
