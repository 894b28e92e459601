//! Moves what is marked out of chunks that are evacuated, with the help of other threads if there is enough to move. Owns the chunks
//! meanwhile. Promises that afterwards the first word of what has moved says where it is, that copies are marked and what was moved
//! away is not, and that of all copies those slots are known that have to be changed or remembered; what found no memory stays as it was.
//!
//! # Why there are no data races
//!
//! - A **chunk** is emptied by the thread that claimed it: first words, mark bits and what is copied.
//! - **Free memory** is cut off in areas under a lock, and written by who has the area. Mark bits of areas may share a cell: they are set
//!   by atomic instructions if there is more than one thread.
//! - Of **other objects** nothing is read but flags of their chunks, which are atomic.
//! - What must not be done by several threads at once is noted in [`Findings`], and done by the isolate's thread when the gate is closed:
//!   remembered slots, flags of chunks, and visits of what `unsafe` code of users visits ([`CustomTrace`](super::CustomTrace)).
//!
//! V8 counterparts: `PageEvacuationJob`, `Evacuator`, `LocalAllocationBuffer`.

use super::area::{AREA, Area, LARGEST_IN_AREA};
use super::body::{map_of, object_size, visit_slots};
use super::ephemerons;
use super::scavenger::copy_object;
use super::workers::{self, Gang, Job};
use crate::barrier;
use crate::heap::Heap;
use crate::layout::VisitorId;
use crate::map::Map;
use crate::memory::{AddressRegion, ChunkSet, MB, MemoryChunk};
use crate::spaces::AllocationAlignment;
use crate::spaces::filler::FillerMaps;
use crate::tagged::{TaggedCell, Word};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes that have to be moved for a helper to be called: a millisecond's work. It takes some 50 µs to come, and longer on a busy machine.
const WORTH_A_HELPER: usize = MB;

/// What has moved.
#[derive(Default)]
pub(super) struct Moved {
    pub(super) bytes: usize,
    /// Slots of copies that refer into the chunks.
    pub(super) slots: Vec<usize>,
    /// Chunks in which nothing marked is left.
    pub(super) emptied: Vec<&'static MemoryChunk>,
}

/// Moves what is marked out of `chunks`, all of them among the `candidates`, in which nothing is allocated.
pub(super) fn move_all(heap: &mut Heap, chunks: Vec<&'static MemoryChunk>, candidates: &ChunkSet) -> Moved {
    let bytes = || chunks.iter().map(|chunk| chunk.marked_bytes()).sum::<usize>();
    let parts = if heap.options.helpers() == 0 { 0 } else { bytes() / WORTH_A_HELPER };
    let helpers = workers::helpers_for(&heap.options, parts);
    let is_stress = heap.options.stress_threads;
    let job = Moving {
        chunks: chunks.iter().map(|chunk| chunk.address()).collect(),
        claimed: AtomicUsize::new(0),
        candidates: candidates.clone(),
        has_young: heap.new_space.used() + heap.new_large_object_space.used() > 0,
        fillers: heap.fillers,
        abort_seed: heap.options.compaction.abort_seed,
        is_out_of_memory: AtomicBool::new(false),
        heap: Mutex::new(heap),
        findings: Mutex::default(),
    };
    let gang = Gang::new(job, helpers);
    if is_stress {
        gang.wait_patiently(Gang::had_help);
    }
    if helpers == 0 {
        Mover::<false>::new(gang.job()).work();
    } else {
        gang.job().work(0);
    }
    gang.close();
    let findings = core::mem::take(&mut *gang.job().findings());
    findings.finish(gang.job())
}

/// What the threads share. The isolate's own waits until all others have left; who comes later finds no chunk to claim, and so touches neither
/// heap nor chunks.
struct Moving {
    /// Addresses of the chunks.
    chunks: Vec<usize>,
    /// How many of them threads have claimed.
    claimed: AtomicUsize,
    candidates: ChunkSet,
    /// Whether copies may refer to young objects.
    has_young: bool,
    fillers: FillerMaps,
    abort_seed: Option<u64>,
    is_out_of_memory: AtomicBool,
    heap: Mutex<*mut Heap>,
    findings: Mutex<Findings>,
}

// SAFETY: what is not `Send` is the pointer to the heap. That belongs to an isolate, which is `Send`, and is reached by one thread at a time,
// the one that holds the lock, and not once the gang is closed, which is as long as it is there.
unsafe impl Send for Moving {}
// SAFETY: as above; the rest is atomic, behind locks, or never written.
unsafe impl Sync for Moving {}

impl Job for Moving {
    fn work(&self, _: usize) {
        Mover::<true>::new(self).work();
    }
}

impl Moving {
    /// A chunk that is this thread's to empty.
    fn claim(&self) -> Option<&'static MemoryChunk> {
        // Whoever adds one to the number has it alone; the chunks were there before the threads came.
        let chunk = self.chunks.get(self.claimed.fetch_add(1, Ordering::Relaxed))?;
        Some(MemoryChunk::of(*chunk))
    }

    /// Does something with the heap that no other thread may do meanwhile.
    fn with_heap<R>(&self, act: impl FnOnce(&mut Heap) -> R) -> R {
        let heap = self.heap.lock().unwrap_or_else(PoisonError::into_inner);
        let pointer: *mut Heap = *heap;
        // SAFETY: the isolate's heap, which its thread has lent to this evacuation and does not touch but through this; the
        // lock is held.
        act(unsafe { &mut *pointer })
    }

    fn findings(&self) -> MutexGuard<'_, Findings> {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many objects of the next chunk are moved; in stress mode not all, most times.
    fn objects_until_abort(&self) -> usize {
        let Some(seed) = self.abort_seed else { return usize::MAX };
        let drawn = self.with_heap(|heap| {
            heap.collector.evacuations_drawn += 1;
            heap.collector.evacuations_drawn
        });
        // SplitMix64.
        let mut z = seed.wrapping_add(drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // Small numbers as often as large ones.
        ((z >> 8) & ((1 << (z % 14)) - 1)) as usize
    }
}

/// What the threads have found, for the isolate's own.
#[derive(Default)]
struct Findings {
    moved: Moved,
    /// Slots of copies that refer to young objects.
    young: Vec<usize>,
    /// Chunks with copies that have ephemerons.
    ephemerons: Vec<&'static MemoryChunk>,
    /// Copies whose slots have not been looked at.
    aside: Vec<usize>,
}

impl Findings {
    fn append(&mut self, mut other: Findings) {
        self.moved.bytes += other.moved.bytes;
        self.moved.slots.append(&mut other.moved.slots);
        self.moved.emptied.append(&mut other.moved.emptied);
        self.young.append(&mut other.young);
        self.ephemerons.append(&mut other.ephemerons);
        self.aside.append(&mut other.aside);
    }

    /// When all threads have left.
    fn finish(mut self, job: &Moving) -> Moved {
        for copy in core::mem::take(&mut self.aside) {
            // SAFETY: a whole object, copied in this evacuation.
            unsafe {
                let map = map_of(copy);
                self.look_at_slots(job, copy, object_size(copy, map), map);
            }
        }
        self.young.iter().for_each(|slot| barrier::record(MemoryChunk::of(*slot), *slot));
        self.ephemerons.iter().for_each(|host| ephemerons::flag(host));
        self.moved
    }

    /// Notes those slots of a copy that have to be known.
    ///
    /// # Safety
    ///
    /// There is an object of `size` bytes at `copy`, `map` is its map, and no other thread uses it.
    #[inline(always)]
    unsafe fn look_at_slots(&mut self, job: &Moving, copy: usize, size: usize, map: &Map) {
        // SAFETY: the caller's contract.
        unsafe {
            visit_slots(copy, size, map, |slot| {
                let word = slot.load(Ordering::Relaxed);
                if word.is_smi() || word.is_cleared() {
                    return;
                }
                if job.candidates.contains(word.address()) {
                    self.moved.slots.push(slot.address());
                } else if job.has_young && MemoryChunk::of(word.address()).is_young() {
                    self.young.push(slot.address());
                }
            });
        }
    }
}

/// One of the threads; `SHARED`: there are others.
struct Mover<'j, const SHARED: bool> {
    job: &'j Moving,
    area: Area,
    findings: Findings,
}

impl<'j, const SHARED: bool> Mover<'j, SHARED> {
    fn new(job: &'j Moving) -> Self {
        Mover { job, area: Area::default(), findings: Findings::default() }
    }

    /// Until no chunk is left.
    fn work(mut self) {
        while let Some(chunk) = self.job.claim() {
            if self.empty(chunk) {
                self.findings.moved.emptied.push(chunk);
            }
        }
        self.retire();
        self.job.findings().append(self.findings);
    }

    /// Moves what is marked out of a chunk; whether all of it.
    fn empty(&mut self, chunk: &'static MemoryChunk) -> bool {
        let mut objects_left = self.job.objects_until_abort();
        let mut at = chunk.area_start();
        while let Some(object) = chunk.next_marked(at) {
            if objects_left == 0 || self.job.is_out_of_memory.load(Ordering::Relaxed) {
                return false;
            }
            objects_left -= 1;
            // SAFETY: a marked address is that of an object, this one has not moved yet, and the chunk was claimed.
            match unsafe { self.move_object(chunk, object) } {
                Some(size) => at = object + size,
                None => self.job.is_out_of_memory.store(true, Ordering::Relaxed),
            }
        }
        true
    }

    /// Moves an object. Its size; `None` if there is no memory, and then nothing has changed.
    ///
    /// # Safety
    ///
    /// There is a marked object of the chunk, which this thread has claimed.
    #[inline(always)]
    unsafe fn move_object(&mut self, chunk: &MemoryChunk, object: usize) -> Option<usize> {
        // SAFETY: the caller's contract.
        let (map, size) = unsafe {
            let map = map_of(object);
            (map, object_size(object, map))
        };
        let to = self.allocate(size, map.body().alignment())?;
        debug_assert!(!self.job.candidates.contains(to));
        // SAFETY: `size` bytes of an object, and as many free ones just allocated.
        unsafe {
            copy_object(object, to, size);
            TaggedCell::at(object).store(Word::from_bits(to), Ordering::Relaxed);
        }
        // What is not marked is swept: neither the copy, nor what is left here if the rest stays.
        chunk.unmark(object, size);
        let host = MemoryChunk::of(to);
        host.cover::<SHARED>(to, size);
        let findings = &mut self.findings;
        findings.moved.bytes += size;
        match map.body().visitor_id() {
            VisitorId::Custom => {
                findings.aside.push(to);
                return Some(size);
            }
            VisitorId::Ephemerons if findings.ephemerons.last().is_none_or(|last| !core::ptr::eq(*last, host)) => {
                findings.ephemerons.push(host);
            }
            _ => {}
        }
        // SAFETY: a whole object, just copied here.
        unsafe { findings.look_at_slots(self.job, to, size, map) };
        Some(size)
    }

    /// Memory for a copy.
    #[inline(always)]
    fn allocate(&mut self, size: usize, alignment: AllocationAlignment) -> Option<usize> {
        self.area.cut(size, alignment, self.job.fillers).or_else(|| self.allocate_slowly(size, alignment))
    }

    /// The same from a new area: free blocks of chunks that stay, then new chunks.
    #[cold]
    #[inline(never)]
    fn allocate_slowly(&mut self, size: usize, alignment: AllocationAlignment) -> Option<usize> {
        let least = size + alignment.maximum_fill();
        if size <= LARGEST_IN_AREA {
            self.retire();
            let region = self.take_area(least, AREA)?;
            self.area.begin(region);
            return self.area.cut(size, alignment, self.job.fillers);
        }
        let mut area = Area::default();
        area.begin(self.take_area(least, least)?);
        let address = area.cut(size, alignment, self.job.fillers);
        self.give_back(area.rest());
        address
    }

    fn take_area(&self, least: usize, wanted: usize) -> Option<AddressRegion> {
        let fillers = self.job.fillers;
        self.job.with_heap(|heap| heap.old_space.take_area(least, wanted, &mut heap.allocator, fillers))
    }

    /// Gives back what is left of the area.
    fn retire(&mut self) {
        let rest = core::mem::take(&mut self.area).rest();
        self.give_back(rest);
    }

    fn give_back(&self, rest: AddressRegion) {
        if !rest.is_empty() {
            // SAFETY: the end of an area that this thread took in this evacuation, and made no object of.
            self.job.with_heap(|heap| unsafe { heap.old_space.give_back_area(rest, self.job.fillers) });
        }
    }
}
