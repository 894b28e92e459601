//! The evacuator: moves what lives in sparse chunks of OLD space elsewhere, and gives those chunks back.
//!
//! **Owns** which chunks those are, and what happens to them in the last pause, after marking and before sweeping, in this order:
//! the [mover] empties them, the [slot updater](slot_updater) changes what refers to what has moved, each with the help of other threads if there is enough
//! to do.
//!
//! # Which
//!
//! Chosen when marking begins, by what of each chunk is on the free list: the emptiest first, at most [`QUOTA`] bytes of
//! objects, none but chunks of which [`SPARSE`] percent are free, and none at all unless a chunk is won. A collection for want
//! of memory takes all that are free by [`SPARSE_IF_SHORT`] percent, as far as there is room for what would leave them. What has
//! died since the last collection is not known then and counts as alive. From then on nothing is allocated in them.
//!
//! # Which references
//!
//! All that lead into them have to be changed, so marking notes the slots where it meets one (`MarkingVisitor::note`), and the
//! barrier those that one is stored to (`Marking::stored`): 8 bytes a slot, until the pause is over. Nothing else is
//! looked at but roots. That is enough because
//!
//! - each live object outside the young generation is visited by the marker, so what it refers to when it is visited is noted,
//!   weak slots when it is known what dies; what is stored there later meets the barrier, since chosen chunks and all that
//!   refer to them are old;
//! - a scavenge meanwhile stores references to survivors alone, which are never in a chosen chunk, or to where a weak list
//!   closes up, which tells marking as the barrier does;
//! - what is allocated old or promoted is grey, so it is visited when it is whole;
//! - young objects are scavenged before the pause; those that found no room are visited in it.
//!
//! Some slots that were noted hold something else by then, or belong to objects that died. Both are harmless: a slot
//! is changed if its word leads to an object that has moved, and no memory is reused before.
//!
//! # When memory runs out
//!
//! Nothing has to be set aside. If there is no memory for a copy, evacuation ends there: what has moved has moved, what has
//! not stays, marked, and the chunk is swept as any other. The same happens to chunks with pinned objects, should they have been
//! pinned after they were chosen.
//!
//! V8 counterparts: `MarkCompactCollector::CollectEvacuationCandidates`, `Evacuator`, `PointersUpdatingVisitor`.

use super::{mover, slot_updater};
use crate::heap::Heap;
use crate::isolate::IsolateData;
use crate::memory::{AREA_SIZE, ChunkSet, MB, MemoryChunk};
use crate::stress::{self, Mode};

/// Bytes of objects that a collection moves at most, unless memory is short. V8: 4 MiB.
const QUOTA: usize = 4 * MB;

/// Percent of a chunk that are free if it is sparse. V8: 70.
const SPARSE: usize = 70;

/// The same if memory is short. V8: 20.
const SPARSE_IF_SHORT: usize = 20;

/// How compaction was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compaction {
    pub(crate) enabled: bool,
    /// Stress mode: every chunk that can be is evacuated.
    pub(crate) every_chunk: bool,
    /// Stress mode: evacuations end half-way, at objects that follow from this number.
    pub(crate) abort_seed: Option<u64>,
}

impl Default for Compaction {
    fn default() -> Compaction {
        let abort_seed = stress::mode(Mode::AbortEvacuation).then_some(1);
        Compaction { enabled: true, every_chunk: stress::mode(Mode::Compaction), abort_seed }
    }
}

/// The chunks that are to be evacuated when marking is through.
#[derive(Clone, Debug)]
pub(super) struct Candidates {
    chunks: Vec<&'static MemoryChunk>,
    /// The same ones.
    set: ChunkSet,
}

/// What an evacuation did.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Evacuated {
    /// Bytes of objects that moved.
    pub(super) bytes: usize,
    /// Chunks that became empty.
    pub(super) chunks: usize,
    /// Chunks that were chosen and did not.
    pub(super) aborted: usize,
}

impl Candidates {
    pub(super) const NONE: Candidates = Candidates { chunks: Vec::new(), set: ChunkSet::EMPTY };

    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    pub(super) fn set(&self) -> &ChunkSet {
        &self.set
    }

    /// Chooses chunks, and lets nothing be allocated there from now on. Marking has not begun, and all is swept.
    pub(super) fn choose(isolate: &mut IsolateData, memory_is_short: bool) -> Candidates {
        let pinned = isolate.globals.pinned_chunks();
        let heap = &mut isolate.heap;
        let Compaction { enabled, every_chunk, .. } = heap.options.compaction;
        if !enabled && !every_chunk {
            return Candidates::NONE;
        }
        if every_chunk {
            heap.old_space.retire_lab(heap.fillers);
        } else if heap.old_space.statistics().available < AREA_SIZE {
            // Whatever moved, no chunk would be won.
            return Candidates::NONE;
        }
        let current = heap.old_space.current_chunk();
        let is_free_to_move = |chunk: &&'static MemoryChunk| {
            current != Some(chunk.address()) && !pinned.as_ref().is_some_and(|pinned| pinned.contains(chunk.address()))
        };
        let mut chunks: Vec<_> = heap.old_space.chunks().iter().copied().filter(is_free_to_move).collect();
        if !every_chunk {
            chunks = sparse(heap, chunks, memory_is_short);
        }
        let mut set = ChunkSet::EMPTY;
        chunks.iter().for_each(|chunk| set.insert(chunk.address()));
        if !chunks.is_empty() {
            heap.old_space.evict(&chunks);
        }
        Candidates { chunks, set }
    }

    /// Marking is given up: lets objects be allocated there again.
    pub(super) fn give_up(&self, heap: &mut Heap) {
        let mut blocks = Vec::new();
        for chunk in &self.chunks {
            let _ = heap.walk_chunk::<()>(chunk, |address| {
                // SAFETY: the walk stands at an object or a filler.
                let size = unsafe { super::size_of_object(address) };
                if heap.is_filler(address) {
                    blocks.push((address, size));
                }
                Ok(size)
            });
        }
        if !self.chunks.is_empty() {
            // SAFETY: fillers, which nothing refers to, in evicted chunks.
            unsafe { heap.old_space.readmit(&blocks) };
        }
    }
}

/// Those of `chunks` that are worth evacuating.
fn sparse(heap: &Heap, chunks: Vec<&'static MemoryChunk>, memory_is_short: bool) -> Vec<&'static MemoryChunk> {
    let space = &heap.old_space;
    let free = space.free_by_chunk();
    let (percent, quota) = if memory_is_short { (SPARSE_IF_SHORT, usize::MAX) } else { (SPARSE, QUOTA) };
    let least = AREA_SIZE * percent / 100;
    let mut sparse: Vec<_> =
        chunks.into_iter().map(|chunk| (free.of(chunk.address()), chunk)).filter(|(free, _)| *free >= least).collect();
    // Stable, so that a program runs the same each time.
    sparse.sort_by_key(|(free, _)| core::cmp::Reverse(*free));
    let allocator = &heap.allocator;
    let mut room = allocator.max_heap_size().saturating_sub(allocator.committed()) + space.statistics().available;
    let mut moved = 0;
    let mut fits = |(free, _): &(usize, &MemoryChunk)| {
        moved += AREA_SIZE - free;
        // What is free in a chunk that is left is no room for what leaves it.
        room = room.saturating_sub(*free);
        moved <= quota.min(room)
    };
    let chosen = sparse.iter().take_while(|chunk| fits(chunk)).count();
    sparse.truncate(chosen);
    let used: usize = sparse.iter().map(|(free, _)| AREA_SIZE - free).sum();
    if used.div_ceil(AREA_SIZE) >= sparse.len() {
        return Vec::new();
    }
    sparse.into_iter().map(|(_, chunk)| chunk).collect()
}

/// Evacuates chunks after marking, and changes all references. `slots` are all slots of live objects that refer into them,
/// among others.
pub(super) fn evacuate(isolate: &mut IsolateData, candidates: &Candidates, mut slots: Vec<usize>) -> Evacuated {
    if candidates.is_empty() {
        return Evacuated::default();
    }
    let pinned = isolate.globals.pinned_chunks();
    let is_pinned = |chunk: &MemoryChunk| pinned.as_ref().is_some_and(|pinned| pinned.contains(chunk.address()));
    let chunks = candidates.chunks.iter().copied().filter(|chunk| !is_pinned(chunk)).collect();
    let mover::Moved { bytes, slots: of_copies, emptied } = mover::move_all(&mut isolate.heap, chunks, &candidates.set);
    if bytes > 0 {
        slots.extend(of_copies);
        slot_updater::update(isolate, &candidates.set, slots);
    }
    let heap = &mut isolate.heap;
    // SAFETY: all that was marked there has moved, and all that referred to it has been told.
    unsafe { heap.old_space.release(&emptied, &mut heap.allocator) };
    Evacuated { bytes, chunks: emptied.len(), aborted: candidates.chunks.len() - emptied.len() }
}
