//! Promotion of the young generation as it lies: chunks in which nearly everything lives become old as a whole.
//!
//! **Owns** the kind of scavenge that takes the place of copying where copies would be for nothing: `tenuring` has seen that what
//! survives once survives again. Nothing moves. What lives is marked, as the marker does it; chunks with something alive go to
//! OLD space, to be swept when memory is wanted, and new ones take their places; chunks without are used again. So a
//! survivor costs its mark and the visit of its slots, but neither a copy nor the change of what refers to it, and no slot
//! is remembered when it is over, for nothing is young.
//!
//! **Promises** what a scavenge that promotes everything does, but that nothing moves; and if nobody looks, what is dead stays for a
//! full collection to find, weak references to it too. It needs as many chunks as are in use, and does nothing without them.
//!
//! What dies later leaves holes in such chunks: sweeping finds them, survivors that are copied fill them, and sparse
//! chunks are evacuated.
//!
//! Chunks may also become old [as they are](adopt_all): in a full collection, where marking comes next and finds out what lives in
//! them, and in scavenges that would find next to nothing dead (`tenuring`).
//!
//! **While marking is under way**, what is found alive has to become grey (`marking`). Its mark is there already, so it only has to be
//! listed; and its chunk is swept at once, since nothing is left unswept as long as old objects are being marked. What becomes old
//! unexamined is white: what remembered slots refer to is marked then, for black objects may have such slots. All else that lives is
//! found from there and from roots, or a store that hides it meets the barrier.
//!
//! No V8 counterpart: its `MinorMarkSweepCollector` leaves chunks where they are, but young; its scavenger always copies.

use super::concurrent::Helpers;
use super::ephemerons;
use super::marking_visitor::MarkingVisitor;
use super::scavenger::{self, Evacuation};
use super::splice::{Spliced, find_hosts, first_alive};
use crate::barrier::SlotAction;
use crate::heap::Heap;
use crate::isolate::IsolateData;
use crate::memory::{AREA_SIZE, ChunkFlags, ChunkSet, KB, MemoryChunk};
use crate::spaces::{NewLargeObjectSpace, SpaceId};
use crate::tagged::{TaggedCell, Word};
use core::sync::atomic::Ordering;

/// Bytes that survived the last scavenge from which on it is worth asking another thread for help.
const WORTH_HELP: usize = 512 * KB;

/// Makes what lives in the young generation old where it is; `None`, and nothing changes, if there is no memory for what takes
/// its place.
pub(super) fn promote(isolate: &mut IsolateData) -> Option<Evacuation> {
    let heap = &mut isolate.heap;
    let replacements = heap.new_space.replacements(&mut heap.allocator)?;
    heap.new_space.close_lab();
    let young = young_chunks(heap);
    let mut visitor = MarkingVisitor::for_the_young(young.clone());
    visit_roots(isolate, &mut visitor);
    let (mut remembered, mut remembered_weak) = (0, Vec::new());
    for chunk in isolate.heap.old_chunks() {
        remembered += visit_remembered(&isolate.heap, chunk, &mut visitor, &mut remembered_weak);
    }
    visit_all(&isolate.heap, &mut visitor, &young);
    visitor.resolve_ephemerons(&mut isolate.heap.collector.ephemerons);
    visitor.clear_ephemerons(&mut isolate.heap.collector.ephemerons);
    update_weak(isolate, &mut visitor, &young, remembered_weak);
    let evacuation = hand_over(&mut isolate.heap, visitor, replacements, remembered);
    isolate.eternals.for_each_young(|word| word);
    Some(evacuation)
}

/// Makes the chunks of the young generation old with all that is in them; `None`, and nothing changes, if there is no memory for what
/// takes their place. What is remembered stays, for the marker.
pub(super) fn adopt_all(isolate: &mut IsolateData) -> Option<Adopted> {
    let heap = &mut isolate.heap;
    let replacements = heap.new_space.replacements(&mut heap.allocator)?;
    heap.new_space.close_lab();
    let used = heap.new_space.used();
    let is_used = |chunk: &MemoryChunk| chunk.top() > chunk.area_start();
    let chunks = heap.new_space.hand_over(is_used, replacements, &mut heap.allocator);
    heap.old_space.adopt(&chunks, heap.fillers);
    let large = heap.new_large_object_space.used();
    heap.new_large_object_space.chunks().iter().for_each(|chunk| NewLargeObjectSpace::promote(chunk));
    for chunk in heap.new_large_object_space.chunks().iter().chain(&chunks) {
        heap.allocator.let_tell(chunk);
        if heap.has_ephemerons {
            // Perhaps: marking finds out.
            ephemerons::flag(chunk);
        }
    }
    // SAFETY: all have been promoted.
    unsafe { heap.new_large_object_space.sweep(&mut heap.large_object_space, &mut heap.allocator) };
    heap.count_allocation(SpaceId::Old, used);
    heap.count_allocation(SpaceId::LargeObject, large);
    scavenger::grow_if_much_survived(heap, used);
    isolate.eternals.for_each_young(|word| word);
    let evacuation = Evacuation { promoted_in_place: used + large, ..Evacuation::default() };
    Some(Adopted { evacuation, chunks })
}

/// What became old unexamined.
pub(super) struct Adopted {
    pub(super) evacuation: Evacuation,
    /// Regular chunks.
    chunks: Vec<&'static MemoryChunk>,
}

fn young_chunks(heap: &Heap) -> ChunkSet {
    let mut young = ChunkSet::EMPTY;
    let large = heap.new_large_object_space.chunks();
    heap.new_space.chunks().iter().chain(large).for_each(|chunk| young.insert(chunk.address()));
    young
}

fn visit_roots(isolate: &IsolateData, visitor: &mut MarkingVisitor) {
    let mut mark = |word: Word| {
        if !word.is_smi() && !word.is_cleared() {
            visitor.mark::<false>(word);
        }
        word
    };
    isolate.roots.for_each(&mut mark);
    isolate.globals.for_each_strong(&mut mark);
    isolate.eternals.for_each_young(&mut mark);
    isolate.persistent.for_each(&mut mark);
    isolate.handles.for_each(&mut mark);
}

/// Marks the young objects that remembered slots of a chunk refer to. Weak ones are put aside, and entries of ephemerons noted. How many
/// slots there were.
fn visit_remembered(
    heap: &Heap,
    chunk: &'static MemoryChunk,
    visitor: &mut MarkingVisitor,
    weak: &mut Vec<(usize, &'static MemoryChunk)>,
) -> usize {
    let Some(slots) = chunk.old_to_new() else { return 0 };
    // SAFETY: a remembered slot is a tagged word of a live object: sweeping forgets dead ones.
    let word_at = |slot| unsafe { TaggedCell::at(slot) }.load(Ordering::Relaxed);
    let mut visit = |visitor: &mut MarkingVisitor, slot: usize| {
        let word = word_at(slot);
        if word.is_strong() {
            visitor.mark::<false>(word);
        } else if word.is_weak() && !word.is_cleared() {
            weak.push((slot, chunk));
        }
    };
    if chunk.has(ChunkFlags::HAS_EPHEMERONS) {
        let (plain, entries) = ephemerons::take_remembered(heap, chunk);
        let visited = plain.len() + entries.len();
        plain.into_iter().for_each(|slot| visit(visitor, slot));
        entries.into_iter().for_each(|entry| visitor.visit_ephemeron::<false>(entry));
        return visited;
    }
    let ahead = |offset| MemoryChunk::prefetch_mark(word_at(chunk.address() + offset).address());
    slots.iterate_ahead(ahead, |offset| {
        visit(visitor, chunk.address() + offset);
        SlotAction::Keep
    })
}

/// Visits all that is grey, with the help of other threads if that is worth it.
fn visit_all(heap: &Heap, visitor: &mut MarkingVisitor, young: &ChunkSet) {
    let helpers = heap.options.helpers();
    if helpers > 0 && (heap.collector.survived_last >= WORTH_HELP || heap.options.stress_threads) {
        let helpers = Helpers::for_the_young(young.clone(), helpers);
        helpers.offer(core::mem::take(&mut visitor.grey));
        helpers.go_on();
        helpers.finish(visitor);
        helpers.end(visitor);
    }
    visitor.advance_by::<false>(usize::MAX);
}

/// Clears or splices what refers to the dead.
fn update_weak(
    isolate: &mut IsolateData,
    visitor: &mut MarkingVisitor,
    young: &ChunkSet,
    remembered: Vec<(usize, &'static MemoryChunk)>,
) {
    let alive = |word: Word| is_alive(young, word).then_some(word);
    let or_cleared = |word: Word| alive(word).unwrap_or(Word::CLEARED);
    let update = |slot: usize| {
        // SAFETY: a weak slot of a live object, visited in this collection.
        let slot = unsafe { TaggedCell::at(slot) };
        slot.store(or_cleared(slot.load(Ordering::Relaxed)), Ordering::Relaxed);
    };
    core::mem::take(&mut visitor.weak).into_iter().for_each(update);
    let mut spliced = core::mem::take(&mut visitor.spliced);
    if isolate.heap.spliced.is_empty() {
        remembered.into_iter().for_each(|(slot, _)| update(slot));
    } else {
        // Remembered sets do not say of which object a slot is.
        let is_dead = |slot: &(usize, _)| {
            // SAFETY: as in `update`.
            !is_alive(young, unsafe { TaggedCell::at(slot.0) }.load(Ordering::Relaxed))
        };
        let mut dead: Vec<_> = remembered.into_iter().filter(is_dead).collect();
        find_hosts(&isolate.heap, &mut dead, |slot, host, link| match link {
            Some(link) => spliced.push(Spliced { slot, host, link }),
            None => update(slot),
        });
    }
    let mut run = Vec::new();
    for Spliced { slot, host, link } in spliced {
        // SAFETY: a weak slot of a live object whose class says where the links of its referents are; nothing has been reused.
        let word = unsafe { first_alive(TaggedCell::at(slot).load(Ordering::Relaxed), link, &mut run, alive) };
        // What is young now is old in a moment: nothing has to be remembered, but marking may have to be told.
        scavenger::store_weak(slot, host, word);
    }
    isolate.globals.for_each_weak(|word| if word.is_smi() || word.is_cleared() { word } else { or_cleared(word) });
    if let Some(ids) = &mut isolate.object_ids {
        ids.update(|address| is_alive(young, Word::strong(address)).then_some(address));
    }
}

/// Whether what a reference leads to lives. All that is old does.
fn is_alive(young: &ChunkSet, word: Word) -> bool {
    word.is_smi()
        || word.is_cleared()
        || !young.contains(word.address())
        || MemoryChunk::of(word.address()).is_marked(word.address())
}

/// Makes chunks old in which something lives, and puts new ones in their places.
fn hand_over(
    heap: &mut Heap,
    visitor: MarkingVisitor,
    replacements: Vec<&'static MemoryChunk>,
    remembered: usize,
) -> Evacuation {
    let mut evacuation = Evacuation { remembered, ..Evacuation::default() };
    let has_live = |chunk: &MemoryChunk| {
        chunk.set_live_bytes(chunk.marked_bytes());
        chunk.live_bytes() > 0
    };
    let promoted = heap.new_space.hand_over(has_live, replacements, &mut heap.allocator);
    evacuation.promoted_in_place = promoted.iter().map(|chunk| chunk.live_bytes()).sum();
    // SAFETY: what is alive in these chunks is marked, and nothing refers to the rest.
    unsafe {
        if let Some(marking) = &mut heap.collector.marking {
            promoted.iter().for_each(|chunk| marking.marker.list_marked(chunk));
            heap.old_space.adopt_and_sweep(&promoted, heap.fillers);
        } else {
            heap.old_space.adopt_unswept(&promoted, heap.fillers);
        }
    }
    promoted.iter().for_each(|chunk| heap.allocator.let_tell(chunk));
    heap.count_allocation(SpaceId::Old, evacuation.promoted_in_place);
    scavenger::grow_if_much_survived(heap, evacuation.promoted_in_place);
    let mut large = Vec::new();
    for chunk in heap.new_large_object_space.chunks() {
        let object = chunk.area_start();
        if chunk.is_marked(object) {
            chunk.clear_marks();
            NewLargeObjectSpace::promote(chunk);
            heap.allocator.let_tell(chunk);
            if let Some(marking) = chunk.marking() {
                marking.shade(object);
            }
            large.push(*chunk);
        }
    }
    let bytes = large.iter().map(|chunk| chunk.top() - chunk.area_start()).sum();
    heap.count_allocation(SpaceId::LargeObject, bytes);
    evacuation.promoted_in_place += bytes;
    // SAFETY: nothing refers to a young large object that was not promoted.
    unsafe { heap.new_large_object_space.sweep(&mut heap.large_object_space, &mut heap.allocator) };
    ephemerons::flag_hosts(&visitor.hosts, promoted.into_iter().chain(large));
    heap.forget_remembered();
    evacuation
}

impl IsolateData {
    /// What becomes of remembered slots when [everything has become old](adopt_all) and no full collection follows at once.
    pub(super) fn look_at_adopted(&mut self, adopted: &Adopted) {
        if let Some(mut marking) = self.heap.collector.marking.take() {
            marking.marker.look_at_adopted(self);
            self.heap.collector.marking = Some(marking);
        } else {
            self.heap.collector.unexamined = adopted.chunks.iter().map(|chunk| chunk.address()).collect();
        }
        self.heap.forget_remembered();
    }
}

impl Heap {
    /// When marking has found what lives: if that is less than a quarter of what last became old unexamined before it began, it should
    /// have been looked at. A look at [a part](super::Tenuring::to_fill) of what is young cannot tell, where most dies a little
    /// later, and nor can what became old meanwhile, of which marking finds all that was alive then.
    pub(super) fn judge_unexamined(&mut self) {
        let unexamined = core::mem::take(&mut self.collector.unexamined);
        let mut set = ChunkSet::EMPTY;
        unexamined.iter().for_each(|chunk| set.insert(*chunk));
        let left = self.old_space.chunks().iter().filter(|chunk| set.contains(chunk.address()));
        if left.map(|chunk| chunk.live_bytes()).sum::<usize>() < unexamined.len() * AREA_SIZE / 4 {
            self.collector.tenuring.stop();
        }
    }

    /// When nothing is young.
    pub(super) fn forget_remembered(&mut self) {
        debug_assert!(self.new_space.used() + self.new_large_object_space.used() == 0);
        for chunk in self.old_chunks() {
            if chunk.old_to_new().is_some() {
                // SAFETY: nobody looks at the set: this is the isolate's thread, and the others are at work for nobody else.
                unsafe { chunk.release_old_to_new() };
            }
        }
    }
}
