//! What visits grey objects: marks what they refer to, and notes what has to be looked at when all that lives is known.
//!
//! Findings are kept here, one list a kind. The heap changes in its mark bits alone.

use super::body::{map_of, object_size, visit_slots_and_ephemerons};
use super::ephemerons::Entry;
use super::splice::Spliced;
use crate::heap::Heap;
use crate::memory::{ChunkSet, LiveBytes, MemoryChunk};
use crate::tagged::{TaggedCell, Word};
use core::sync::atomic::Ordering;

/// Visits objects of one heap.
#[derive(Debug)]
pub(super) struct MarkingVisitor {
    /// Marked objects that have not been visited.
    pub(super) grey: Vec<usize>,
    /// Weak slots of objects that have been visited.
    pub(super) weak: Vec<usize>,
    /// Those that take over their referents' links.
    pub(super) spliced: Vec<Spliced>,
    /// Entries of objects that have been visited, whose keys were not known to live.
    pub(super) ephemerons: Vec<Entry>,
    /// Bytes of the objects that have been visited, by chunk.
    pub(super) live: LiveBytes,
    /// Objects elsewhere are not marked: those that need no mark, and young ones as long as they may move.
    marked: ChunkSet,
}

impl MarkingVisitor {
    pub(super) fn new() -> MarkingVisitor {
        MarkingVisitor {
            grey: Vec::new(),
            weak: Vec::new(),
            spliced: Vec::new(),
            ephemerons: Vec::new(),
            live: LiveBytes::default(),
            marked: ChunkSet::EMPTY,
        }
    }

    /// Marks objects in the chunks that the heap has now, young ones only if told so.
    pub(super) fn look_at(&mut self, heap: &Heap, young: bool) {
        self.marked = ChunkSet::EMPTY;
        heap.marked_chunks().for_each(|chunk| self.marked.insert(chunk.address()));
        if young {
            let young = heap.new_space.committed_chunks().chain(heap.new_large_object_space.chunks().iter().copied());
            young.for_each(|chunk| self.marked.insert(chunk.address()));
        }
    }

    /// Makes what `word` refers to grey, if it is white.
    #[inline]
    pub(super) fn mark(&mut self, word: Word) {
        let address = word.address();
        if self.marked.contains(address) && MemoryChunk::of(address).try_mark(address) {
            self.grey.push(address);
        }
    }

    /// Visits grey objects, and what they make grey, until they had `budget` bytes or there are none. Returns how many
    /// bytes they had.
    pub(super) fn advance(&mut self, budget: usize) -> usize {
        let mut visited = 0;
        while visited < budget
            && let Some(object) = self.grey.pop()
        {
            // SAFETY: grey objects are objects, and none moves while there are some.
            visited += unsafe { self.visit(object) };
        }
        visited
    }

    /// Visits an object. Returns its bytes.
    ///
    /// # Safety
    ///
    /// There is an object.
    #[inline(always)]
    unsafe fn visit(&mut self, object: usize) -> usize {
        // SAFETY: the caller's contract.
        unsafe {
            let map = map_of(object);
            let size = object_size(object, map);
            self.live.add(object, size);
            self.mark(Word::strong(core::ptr::from_ref(map).addr()));
            let visit = |this: &mut MarkingVisitor, slot: &TaggedCell| {
                let word = slot.load(Ordering::Relaxed);
                if word.is_smi() {
                    return;
                }
                if !word.is_weak() {
                    this.mark(word);
                } else if !word.is_cleared() {
                    let slot = slot.address();
                    match map.class().splice_link(slot - object) {
                        None => this.weak.push(slot),
                        Some(link) => this.spliced.push(Spliced { slot, host: MemoryChunk::of(object), link }),
                    }
                }
            };
            visit_slots_and_ephemerons(object, size, map, self, visit, MarkingVisitor::visit_ephemeron);
            size
        }
    }
}
