//! What visits grey objects: marks what they refer to, and notes what has to be looked at when all that lives is known.
//!
//! Findings are kept here, one list a kind. The heap changes in its mark bits alone, so several visitors may work at once,
//! one a thread (`concurrent`). Long rows of references are visited in parts, so that a visitor can be stopped soon.

use super::body::{map_of, object_size, only_row, tagged_row, visit_row, visit_slots, visit_slots_and_ephemerons};
use super::ephemerons::Entry;
use super::evacuator::Candidates;
use super::splice::Spliced;
use crate::heap::Heap;
use crate::layout::VisitorId;
use crate::map::Map;
use crate::memory::{ChunkSet, KB, MemoryChunk, prefetch};
use crate::spaces::MAX_REGULAR_OBJECT_SIZE;
use crate::tagged::{TaggedCell, Word};
use core::ops::Range;
use core::sync::atomic::Ordering;

/// Bytes of a row that are visited at once.
const PART: usize = 16 * KB;

/// What is left to do.
#[derive(Debug, Default)]
pub(super) struct Grey {
    /// Marked objects that have not been visited.
    pub(super) objects: Vec<usize>,
    /// What has not been visited of rows, by their object: from and to so many bytes.
    pub(super) rows: Vec<(usize, Range<usize>)>,
}

impl Grey {
    pub(super) fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.rows.is_empty()
    }

    pub(super) fn append(&mut self, other: &mut Grey) {
        self.objects.append(&mut other.objects);
        self.rows.append(&mut other.rows);
    }

    /// The objects of which something is left.
    pub(super) fn addresses(&self) -> impl Iterator<Item = usize> {
        self.objects.iter().copied().chain(self.rows.iter().map(|(object, _)| *object))
    }
}

/// Objects that will be visited next, whose first words are on their way from memory meanwhile: in a heap larger than the cache,
/// waiting for these is most of what marking does.
struct Coming {
    /// Oldest first, from `next` on; 0 for none.
    objects: [usize; Coming::COUNT],
    next: usize,
}

impl Coming {
    const COUNT: usize = 32;

    /// Lets an object come, and gives the one that was to come before all others, if there are enough.
    #[inline(always)]
    fn exchange(&mut self, object: usize) -> Option<usize> {
        prefetch(object);
        let next = core::mem::replace(&mut self.objects[self.next], object);
        self.next = (self.next + 1) % Coming::COUNT;
        (next != 0).then_some(next)
    }

    /// One that is left.
    #[inline(always)]
    fn take(&mut self) -> Option<usize> {
        for _ in 0..Coming::COUNT {
            let next = core::mem::take(&mut self.objects[self.next]);
            self.next = (self.next + 1) % Coming::COUNT;
            if next != 0 {
                return Some(next);
            }
        }
        None
    }
}

/// Visits objects of one heap.
#[derive(Debug)]
pub(super) struct MarkingVisitor {
    pub(super) grey: Grey,
    /// Weak slots of objects that have been visited.
    pub(super) weak: Vec<usize>,
    /// Those that take over their referents' links.
    pub(super) spliced: Vec<Spliced>,
    /// Objects that their class traces, if that is left to the isolate's own thread.
    pub(super) custom: Vec<usize>,
    /// Whether it is: on other threads.
    is_helper: bool,
    /// Slots of objects that have been visited whose referents are to be evacuated.
    pub(super) to_update: Vec<usize>,
    /// Entries of objects that have been visited, whose keys were not known to live.
    pub(super) ephemerons: Vec<Entry>,
    /// Where objects with entries are.
    pub(super) hosts: ChunkSet,
    /// Whether all lives that is not in the chunks whose objects are marked.
    pub(super) rest_lives: bool,
    /// Bytes that have been visited.
    visited: usize,
    /// Objects elsewhere are not marked: those that need no mark, and young ones as long as they may move.
    marked: ChunkSet,
    /// Objects here are to be evacuated.
    candidates: ChunkSet,
    /// Whether there are such chunks.
    is_compacting: bool,
}

/// Whether visiting such objects calls a function of their class.
pub(super) fn is_custom(map: &Map) -> bool {
    match map.body().visitor_id() {
        VisitorId::Custom => true,
        VisitorId::Ephemerons => map.class().trace_hooks().next().is_some(),
        _ => false,
    }
}

/// The chunks whose objects are marked, young ones only if told so.
pub(super) fn marked_chunks(heap: &Heap, young: bool) -> ChunkSet {
    let mut marked = ChunkSet::EMPTY;
    heap.marked_chunks().for_each(|chunk| marked.insert(chunk.address()));
    if young {
        let young = heap.new_space.committed_chunks().chain(heap.new_large_object_space.chunks().iter().copied());
        young.for_each(|chunk| marked.insert(chunk.address()));
    }
    marked
}

impl MarkingVisitor {
    /// One that marks nothing.
    pub(super) fn new(candidates: &Candidates) -> MarkingVisitor {
        MarkingVisitor {
            to_update: Vec::new(),
            candidates: candidates.set().clone(),
            is_compacting: !candidates.is_empty(),
            grey: Grey::default(),
            weak: Vec::new(),
            spliced: Vec::new(),
            custom: Vec::new(),
            is_helper: false,
            ephemerons: Vec::new(),
            hosts: ChunkSet::EMPTY,
            rest_lives: false,
            visited: 0,
            marked: ChunkSet::EMPTY,
        }
    }

    /// One for the young generation alone, which is in these chunks.
    pub(super) fn for_the_young(young: ChunkSet) -> MarkingVisitor {
        MarkingVisitor { rest_lives: true, marked: young, ..MarkingVisitor::new(&Candidates::NONE) }
    }

    /// The same, for another thread than the isolate's.
    pub(super) fn for_a_helper(candidates: &Candidates) -> MarkingVisitor {
        MarkingVisitor { is_helper: true, ..MarkingVisitor::new(candidates) }
    }

    /// Whether `object` is in a chunk whose objects are marked.
    pub(super) fn looks_at(&self, object: usize) -> bool {
        self.marked.contains(object)
    }

    /// Marks objects in these chunks from now on.
    pub(super) fn look_at(&mut self, chunks: ChunkSet) {
        self.marked = chunks;
    }

    /// Takes over what a helper has found, and what it has left. Returns the bytes that it has visited.
    pub(super) fn absorb(&mut self, mut other: MarkingVisitor) -> usize {
        self.grey.append(&mut other.grey);
        self.grey.objects.append(&mut other.custom);
        self.weak.append(&mut other.weak);
        self.spliced.append(&mut other.spliced);
        self.ephemerons.append(&mut other.ephemerons);
        self.hosts.add_all(&other.hosts);
        self.to_update.append(&mut other.to_update);
        other.visited
    }

    /// Makes what `word` refers to grey, if it is white. `SHARED`: others may be marking.
    #[inline(always)]
    pub(super) fn mark<const SHARED: bool>(&mut self, word: Word) {
        let address = word.address();
        if !self.marked.contains(address) {
            return;
        }
        let chunk = MemoryChunk::of(address);
        if if SHARED { chunk.try_mark_among_others(address) } else { chunk.try_mark(address) } {
            self.grey.objects.push(address);
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
    pub(super) fn advance_by<const SHARED: bool>(&mut self, budget: usize) -> usize {
        if self.is_compacting {
            self.advance_with::<SHARED, true>(budget)
        } else {
            self.advance_with::<SHARED, false>(budget)
        }
    }

    /// `NOTES`: whether there are slots to be noted. Others do not look for them.
    fn advance_with<const SHARED: bool, const NOTES: bool>(&mut self, budget: usize) -> usize {
        let mut visited = 0;
        let mut coming = Coming { objects: [0; Coming::COUNT], next: 0 };
        while visited < budget {
            // SAFETY: grey objects are objects, and none moves while there are some.
            visited += unsafe {
                let next = loop {
                    match self.grey.objects.pop().map(|object| coming.exchange(object)) {
                        Some(None) => {}
                        Some(next) => break next,
                        None => break coming.take(),
                    }
                };
                if let Some(object) = next {
                    self.visit::<SHARED, NOTES>(object)
                } else if let Some((object, row)) = self.grey.rows.pop() {
                    self.visit_part::<SHARED, NOTES>(object, map_of(object), row)
                } else {
                    break;
                }
            };
        }
        while let Some(object) = coming.take() {
            self.grey.objects.push(object);
        }
        self.visited += visited;
        visited
    }

    /// Visits the grey object that was found last, or else a part of a row. There is one.
    pub(super) fn visit_last(&mut self) {
        // SAFETY: as above.
        unsafe {
            if let Some(object) = self.grey.objects.pop() {
                self.visit::<false, true>(object);
            } else if let Some((object, row)) = self.grey.rows.pop() {
                self.visit_part::<false, true>(object, map_of(object), row);
            }
        }
    }

    /// Visits one grey object.
    ///
    /// # Safety
    ///
    /// There is an object.
    pub(super) unsafe fn visit_one<const SHARED: bool>(&mut self, object: usize) {
        // SAFETY: the caller's contract.
        unsafe { self.visit::<SHARED, true>(object) };
    }

    /// Marks what a young object keeps alive by itself, without being marked. Returns its bytes.
    ///
    /// # Safety
    ///
    /// There is an object, a filler maybe, and so is what it refers to.
    pub(super) unsafe fn visit_young(&mut self, object: usize) -> usize {
        // SAFETY: the caller's contract.
        unsafe {
            let map = map_of(object);
            let size = object_size(object, map);
            self.mark::<false>(Word::strong(core::ptr::from_ref(map).addr()));
            let visit = |this: &mut MarkingVisitor, slot: &TaggedCell| {
                let word = slot.load(Ordering::Relaxed);
                if !word.is_smi() && !word.is_weak() {
                    this.mark::<false>(word);
                }
            };
            visit_slots_and_ephemerons(object, size, map, self, visit, |_, _| ());
            size
        }
    }

    /// Visits an object. Returns its bytes, or those of the part that was visited.
    ///
    /// # Safety
    ///
    /// There is an object.
    #[inline(always)]
    unsafe fn visit<const SHARED: bool, const NOTES: bool>(&mut self, object: usize) -> usize {
        // SAFETY: the caller's contract.
        unsafe {
            let map = map_of(object);
            let size = object_size(object, map);
            if SHARED && self.is_helper && is_custom(map) {
                self.custom.push(object);
                return size;
            }
            if size <= MAX_REGULAR_OBJECT_SIZE {
                MemoryChunk::of(object).cover::<SHARED>(object, size);
            }
            self.mark::<SHARED>(Word::strong(core::ptr::from_ref(map).addr()));
            if size > PART
                && let Some(row) = tagged_row(map, size)
            {
                return self.visit_long::<SHARED, NOTES>(object, map, row);
            }
            if let Some(row) = only_row(map, size) {
                visit_row(object, row, |slot| self.visit_slot::<SHARED, NOTES>(object, map, slot));
                return size;
            }
            let visit = |this: &mut MarkingVisitor, slot: &TaggedCell| {
                this.visit_slot::<SHARED, NOTES>(object, map, slot);
            };
            let entry = |this: &mut MarkingVisitor, entry| this.visit_ephemeron_of::<SHARED>(object, entry);
            visit_slots_and_ephemerons(object, size, map, self, visit, entry);
            size
        }
    }

    /// # Safety
    ///
    /// There is an object with that map and that row.
    #[cold]
    unsafe fn visit_long<const SHARED: bool, const NOTES: bool>(
        &mut self,
        object: usize,
        map: &Map,
        row: Range<usize>,
    ) -> usize {
        // SAFETY: the caller's contract: of the object without its row, the shape is that of its first bytes.
        unsafe { visit_slots(object, row.start, map, |slot| self.visit_slot::<SHARED, NOTES>(object, map, slot)) };
        // SAFETY: the caller's contract.
        unsafe { self.visit_part::<SHARED, NOTES>(object, map, row) }
    }

    /// Visits the first of the references that are left of a row. Returns their bytes.
    ///
    /// # Safety
    ///
    /// There is an object with that map and that row.
    #[cold]
    unsafe fn visit_part<const SHARED: bool, const NOTES: bool>(
        &mut self,
        object: usize,
        map: &Map,
        row: Range<usize>,
    ) -> usize {
        let end = row.end.min(row.start + PART);
        if end < row.end {
            self.grey.rows.push((object, end..row.end));
        }
        // SAFETY: the caller's contract.
        unsafe { visit_row(object, row.start..end, |slot| self.visit_slot::<SHARED, NOTES>(object, map, slot)) };
        end - row.start
    }

    #[inline(always)]
    fn visit_slot<const SHARED: bool, const NOTES: bool>(&mut self, object: usize, map: &Map, slot: &TaggedCell) {
        // What is found there was made before it was stored, and so was its mark (`concurrent`).
        let word = slot.load(if SHARED { Ordering::Acquire } else { Ordering::Relaxed });
        if word.is_smi() {
            return;
        }
        if !word.is_weak() {
            self.mark::<SHARED>(word);
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
    }
}
