//! Owns [`Helpers`]: threads that mark beside the isolate's own, while the program runs or in the pause.
//!
//! Each has a visitor, and shares what it has too much of. They stop when they are told to, within microseconds: for each
//! scavenge, and when the heap is verified; what they have found stays with their visitors until the pause.
//!
//! # Why there is no race
//!
//! Helpers look at objects in the chunks that were there when marking began, or that became old with all that was in them in a pause
//! since. These chunks neither go nor are swept before marking ends, and nothing in them moves. They look at objects that they are
//! given, too. Of an object they read
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
use super::sharing::{Sharing, Visitor};
use super::workers::{Gang, Job};
use crate::memory::{ChunkSet, KB};
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
    /// Changes while all have stopped.
    marked: Mutex<ChunkSet>,
    candidates: Candidates,
    rest_lives: bool,
    sharing: Sharing<MarkingVisitor>,
}

// SAFETY: what visitors hold are addresses and chunks of one heap, to which they do as told above. The marker makes helpers
// leave before that is not so any more, and those that come later do nothing.
unsafe impl Send for Together {}
// SAFETY: as above; the rest is behind locks.
unsafe impl Sync for Together {}

impl Visitor for MarkingVisitor {
    type Work = Grey;

    fn advance(&mut self) -> usize {
        self.advance_by::<true>(SLICE)
    }

    fn is_idle(&self) -> bool {
        self.grey.is_empty()
    }

    fn take_over(&mut self, grey: Grey) {
        self.grey = grey;
    }

    fn give_away(&mut self) -> Option<Grey> {
        let count = self.grey.objects.len();
        // The oldest: most hangs on them.
        (count > MUCH).then(|| Grey { objects: self.grey.objects.drain(..count / 2).collect(), rows: Vec::new() })
    }

    fn leave_all(&mut self) -> Option<Grey> {
        (!self.grey.is_empty()).then(|| core::mem::take(&mut self.grey))
    }
}

impl Together {
    fn marked(&self) -> MutexGuard<'_, ChunkSet> {
        // Nothing panics while it holds the lock.
        self.marked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Job for Together {
    fn work(&self, _: usize) {
        self.sharing.help(|| {
            let mut visitor = MarkingVisitor::for_a_helper(&self.candidates);
            visitor.look_at(self.marked().clone());
            visitor.rest_lives = self.rest_lives;
            visitor
        });
    }
}

impl Helpers {
    /// Up to `wanted` threads that mark in these chunks, as soon as they are let.
    pub(super) fn new(marked: ChunkSet, candidates: Candidates, wanted: usize) -> Helpers {
        let marked = Mutex::new(marked);
        Helpers::of(Together { marked, candidates, rest_lives: false, sharing: Sharing::new() }, wanted)
    }

    /// The same for the young generation alone, which is in these chunks.
    pub(super) fn for_the_young(young: ChunkSet, wanted: usize) -> Helpers {
        let candidates = Candidates::NONE;
        let marked = Mutex::new(young);
        Helpers::of(Together { marked, candidates, rest_lives: true, sharing: Sharing::new() }, wanted)
    }

    fn of(together: Together, wanted: usize) -> Helpers {
        Helpers { gang: Gang::new(together, 0), wanted }
    }

    /// Lets all mark in these chunks from now on. For who has stopped them.
    pub(super) fn look_at(&self, chunks: &ChunkSet) {
        *self.gang.job().marked() = chunks.clone();
        self.sharing().look(|_, visitors| visitors.iter_mut().for_each(|visitor| visitor.look_at(chunks.clone())));
    }

    fn sharing(&self) -> &Sharing<MarkingVisitor> {
        &self.gang.job().sharing
    }

    /// Offers grey objects to all, and asks threads to come if there is something to do and they are let.
    pub(super) fn offer(&self, grey: Grey) {
        if !grey.is_empty() {
            self.sharing().offer(grey);
        }
        self.call();
    }

    fn call(&self) {
        if self.sharing().has_offers() && !self.sharing().is_stopped() {
            self.gang.call(self.wanted.saturating_sub(self.gang.helpers()));
        }
    }

    /// Makes all leave, and waits until they have.
    pub(super) fn stop(&self) {
        self.sharing().stop();
        self.gang.wait();
    }

    /// Lets them come, or come again.
    pub(super) fn go_on(&self) {
        self.sharing().go_on();
        self.call();
    }

    /// Takes what those that have left had still to do. For who has stopped them.
    pub(super) fn take(&self) -> Grey {
        let mut left = Grey::default();
        self.sharing().take_left().iter_mut().for_each(|grey| left.append(grey));
        left
    }

    /// Marks on this thread too, until so many bytes were visited or nobody offers anything more.
    pub(super) fn help(&self, visitor: &mut MarkingVisitor, budget: usize) -> usize {
        let mut visited = 0;
        self.sharing().visit(visitor, |bytes| {
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
            if self.gang.helpers() > 0 {
                std::thread::yield_now();
            } else if !self.sharing().has_offers() {
                return;
            }
        }
    }

    /// Whether nothing seems to be left to do for anybody. A thread that comes just now may have taken some, which the pause
    /// finds.
    pub(super) fn is_complete(&self) -> bool {
        let is_done = |visitor: &MarkingVisitor| visitor.is_idle() && visitor.custom.is_empty();
        self.gang.helpers() == 0
            && self.sharing().look(|offered, visitors| offered.is_empty() && visitors.iter().all(is_done))
    }

    /// Takes the objects that were put aside.
    pub(super) fn take_custom(&self) -> Vec<usize> {
        self.sharing()
            .look(|_, visitors| visitors.iter_mut().flat_map(|visitor| core::mem::take(&mut visitor.custom)).collect())
    }

    /// The grey objects of those that have left. For who has stopped them.
    pub(super) fn grey(&self) -> Vec<usize> {
        self.sharing().look(|offered, visitors| {
            let own =
                visitors.iter().flat_map(|visitor| visitor.grey.addresses().chain(visitor.custom.iter().copied()));
            offered.iter().flat_map(Grey::addresses).chain(own).collect()
        })
    }

    /// Ends it. What all have found goes to `visitor`, and what they have left. Returns the bytes that they have visited.
    pub(super) fn end(self, visitor: &mut MarkingVisitor) -> usize {
        self.stop();
        self.gang.close();
        self.sharing().take_offered().iter_mut().for_each(|grey| visitor.grey.append(grey));
        let visitors = self.sharing().look(|_, visitors| core::mem::take(visitors));
        visitors.into_iter().map(|other| visitor.absorb(other)).sum()
    }
}

impl Drop for Helpers {
    /// Whoever drops them has no use for what they found: nobody is to wait until they are through.
    fn drop(&mut self) {
        self.stop();
    }
}
