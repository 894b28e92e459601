//! What visits grey objects: marks what they refer to, and notes what has to be looked at when all that lives is known.
//!
//! Findings are kept here, one list a kind. The heap changes in its mark bits alone.

use super::body::{map_of, object_size, visit_slots};
use super::evacuator::Candidates;
use super::splice::Spliced;
use crate::heap::Heap;
use crate::memory::{ChunkSet, LiveBytes, MemoryChunk};
use crate::tagged::Word;
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
    /// Slots of objects that have been visited whose referents are to be evacuated.
    pub(super) to_update: Vec<usize>,
    /// Bytes of the objects that have been visited, by chunk.
    pub(super) live: LiveBytes,
    /// Objects elsewhere are not marked: those that need no mark, and young ones as long as they may move.
    marked: ChunkSet,
    /// Objects here are to be evacuated.
    candidates: ChunkSet,
    /// Whether there are such chunks.
    is_compacting: bool,
}

impl MarkingVisitor {
    pub(super) fn new(candidates: &Candidates) -> MarkingVisitor {
        MarkingVisitor {
            to_update: Vec::new(),
            candidates: candidates.set().clone(),
            is_compacting: !candidates.is_empty(),
            grey: Vec::new(),
            weak: Vec::new(),
            spliced: Vec::new(),
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

    /// Notes a slot, which holds `word`, if what it refers to is to be evacuated.
    #[inline]
    pub(super) fn note(&mut self, slot: usize, word: Word) {
        if self.candidates.contains(word.address()) {
            self.to_update.push(slot);
        }
    }

    /// Visits grey objects, and what they make grey, until they had `budget` bytes or there are none. Returns how many
    /// bytes they had.
    pub(super) fn advance(&mut self, budget: usize) -> usize {
        if self.is_compacting { self.advance_with::<true>(budget) } else { self.advance_with::<false>(budget) }
    }

    /// `NOTES`: whether there are slots to be noted. Others do not look for them.
    fn advance_with<const NOTES: bool>(&mut self, budget: usize) -> usize {
        let mut visited = 0;
        while visited < budget
            && let Some(object) = self.grey.pop()
        {
            // SAFETY: grey objects are objects, and none moves while there are some.
            visited += unsafe { self.visit::<NOTES>(object) };
        }
        visited
    }

    /// Visits an object. Returns its bytes.
    ///
    /// # Safety
    ///
    /// There is an object.
    #[inline(always)]
    unsafe fn visit<const NOTES: bool>(&mut self, object: usize) -> usize {
        // SAFETY: the caller's contract.
        unsafe {
            let map = map_of(object);
            let size = object_size(object, map);
            self.live.add(object, size);
            self.mark(Word::strong(core::ptr::from_ref(map).addr()));
            visit_slots(object, size, map, |slot| {
                let word = slot.load(Ordering::Relaxed);
                if word.is_smi() {
                    return;
                }
                if !word.is_weak() {
                    self.mark(word);
                    if NOTES {
                        self.note(slot.address(), word);
                    }
                } else if !word.is_cleared() {
                    let slot = slot.address();
                    match map.class().splice_link(slot - object) {
                        None => self.weak.push(slot),
                        Some(link) => self.spliced.push(Spliced { slot, host: MemoryChunk::of(object), link }),
                    }
                }
            });
            size
        }
    }
}
