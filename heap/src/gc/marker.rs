//! The marker: finds what lives outside the young generation.
//!
//! A worklist, no recursion: the depth of the object graph costs nothing but its memory. Either all is marked in one
//! pause, or in steps with a pause at the end (`marking`).

use super::marking::Marking;
use super::marking_visitor::MarkingVisitor;
use super::splice::{Spliced, first_alive};
use crate::barrier;
use crate::heap::Heap;
use crate::isolate::IsolateData;
use crate::memory::{ChunkFlags, MemoryChunk};
use crate::tagged::{TaggedCell, Word};
use core::sync::atomic::Ordering;
use std::rc::Rc;

/// Marks all that the roots reach, or the rest of it, then clears the weak references to what is not marked. The young
/// generation has just been scavenged: what is left there found no room outside.
pub(super) fn mark(isolate: &mut IsolateData) {
    let incremental = isolate.heap.collector.marking.take().map(|marking| marking.marker);
    let was_incremental = incremental.is_some();
    let mut marker = incremental.unwrap_or_else(Marker::new);
    marker.marks_young = true;
    if was_incremental {
        isolate.heap.clear_marking();
        marker.visit_remembered(isolate);
    }
    marker.visit_roots(isolate);
    marker.advance(&isolate.heap, usize::MAX);
    marker.visitor.resolve_ephemerons(&mut isolate.heap.collector.ephemerons);
    marker.visitor.clear_ephemerons(&mut isolate.heap.collector.ephemerons);
    for slot in marker.visitor.weak {
        // SAFETY: a slot of a marked object; marking moves nothing.
        let slot = unsafe { TaggedCell::at(slot) };
        // Since it was visited, something else may have been stored; a strong reference was marked by the barrier.
        let word = slot.load(Ordering::Relaxed);
        if word.is_weak() && !word.is_cleared() && is_dead(word) {
            slot.store(Word::CLEARED, Ordering::Relaxed);
        }
    }
    let mut run = Vec::new();
    for Spliced { slot: address, host, link } in marker.visitor.spliced {
        // SAFETY: a slot of a marked object, whose class says where the links of its referents are; nothing is swept yet.
        unsafe {
            let slot = TaggedCell::at(address);
            let alive = |word: Word| (!is_dead(word)).then_some(word);
            let word = first_alive(slot.load(Ordering::Relaxed), link, &mut run, alive);
            slot.store(word, Ordering::Relaxed);
            // Young members are left if they found no room outside; dead ones that were old may have led to them.
            if !word.is_cleared() {
                barrier::write_object(host.address(), address, word, barrier::WriteBarrierMode::UPDATE);
            }
        }
    }
    isolate.globals.for_each_weak(|word| if is_dead(word) { Word::CLEARED } else { word });
    if let Some(ids) = &mut isolate.object_ids {
        ids.update(|address| (!is_dead(Word::strong(address))).then_some(address));
    }
}

/// Marks objects, and collects the weak slots of those it has visited.
#[derive(Debug)]
pub(super) struct Marker {
    /// What barriers have made grey. Chunks refer to it while marking is incremental.
    marking: Rc<Marking>,
    pub(super) visitor: MarkingVisitor,
    /// Not as long as young objects may move.
    marks_young: bool,
}

/// Whether a reference is to an object that marking did not reach.
fn is_dead(word: Word) -> bool {
    let chunk = MemoryChunk::of(word.address());
    !chunk.has(ChunkFlags::READ_ONLY) && !chunk.is_marked(word.address())
}

impl Marker {
    pub(super) fn new() -> Marker {
        Marker { marking: Rc::default(), visitor: MarkingVisitor::new(), marks_young: false }
    }

    pub(super) fn marking(&self) -> &Marking {
        &self.marking
    }

    /// Whether no object is grey.
    pub(super) fn is_complete(&self) -> bool {
        self.visitor.grey.is_empty() && self.marking.is_empty()
    }

    /// All grey objects, for the verifier.
    pub(crate) fn grey(&self) -> Vec<usize> {
        [&self.visitor.grey[..], &self.marking.grey()].concat()
    }

    /// Marks what the roots refer to.
    pub(super) fn visit_roots(&mut self, isolate: &IsolateData) {
        let visitor = &mut self.visitor;
        visitor.look_at(&isolate.heap, self.marks_young);
        for map in &isolate.maps {
            visitor.mark(*map);
        }
        isolate.for_each_root(|word| {
            if !word.is_smi() {
                visitor.mark(word);
            }
            word
        });
    }

    /// Marks the young objects that remembered slots refer to: what was visited before did not see them. Slots of dead
    /// objects are among them, and values of ephemerons; what only those keep is dropped by the next collection.
    fn visit_remembered(&mut self, isolate: &IsolateData) {
        let visitor = &mut self.visitor;
        visitor.look_at(&isolate.heap, self.marks_young);
        for chunk in isolate.heap.old_chunks() {
            let Some(slots) = chunk.old_to_new() else { continue };
            slots.iterate(|offset| {
                // SAFETY: a remembered offset is that of a tagged word of an object that was not swept.
                let word = unsafe { TaggedCell::at(chunk.address() + offset) }.load(Ordering::Relaxed);
                if word.is_strong() {
                    visitor.mark(word);
                }
                barrier::SlotAction::Keep
            });
        }
    }

    /// Visits grey objects, and what they make grey, until they had `budget` bytes or there are none. Returns how many
    /// bytes they had.
    pub(super) fn advance(&mut self, heap: &Heap, budget: usize) -> usize {
        self.visitor.look_at(heap, self.marks_young);
        self.visitor.grey.append(&mut self.marking.take());
        self.visitor.advance(budget)
    }
}
