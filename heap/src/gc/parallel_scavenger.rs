//! The part of a scavenge that several threads do: from roots and remembered slots, strong references are followed until
//! there are no more. Owns the threads' own state and what they share. Promises that each living object is moved once, by whatever
//! thread, copied or promoted as the one thread of a serial scavenge would have done; and, as that one does, that it
//! cannot fail.
//!
//! # What each thread has
//!
//! An area of to-space and one of the old space, cut off under a lock, where it puts copies; a stack of copies to visit,
//! of which it gives a part away when somebody is short of work (`worklist`); and [`Findings`]: what must not be done by several
//! threads at once is noted in lists, and done by the isolate's own thread when all others have left. That is: remembering
//! slots, whatever concerns weak ones, telling marking of what was promoted, and handing over large objects, which stay where
//! they are. Objects that `unsafe` code of users visits ([`CustomTrace`](super::CustomTrace)), and those with ephemerons, are moved by any
//! thread and visited by that one.
//! So the scavenger itself ends every scavenge, with these lists or with its own.
//!
//! Shared: a remembered set is visited by the thread that claimed its chunk; memory is under a lock; the rest is only read.
//!
//! # Why it cannot fail
//!
//! Areas waste memory: their ends, and copies that came too late. `NewSpace::surplus` says how much may be wasted at most. An area of to-space is
//! charged for in full before it is cut off, and what was put to use of it is refunded afterwards, as are the bytes that left for the old
//! space. When the surplus is used up, or for a large copy, a thread takes the exact bytes under the lock, copies and
//! publishes under it, and gives them back under it should it have come too late: that wastes nothing.
//!
//! # Why there are no data races
//!
//! - The **first word** of an object that is being evacuated is its map, or where it went; it is read and written
//!   atomically. A copy is made before the first word is exchanged (compare-exchange): everything but that word is copied from
//!   the object, where nobody writes, and the word that was compared becomes the copy's map. Who comes too late takes its
//!   copy back, to which nothing refers, and uses the other's address. The exchange is a release and the load an acquire, so
//!   the copy happens before whatever is done with its address.
//! - A **slot** belongs to one object, and each is visited by one thread: the one that moved it, or was given it through a lock.
//!   Slots in remembered sets belong to the thread that claimed the chunk, and objects that are old already are visited by
//!   nobody. Slots are atomics; relaxed accesses are enough, for of what they refer to only the first word is read, or
//!   parts that never change.
//! - **Free memory** is written by who cut it off, under the lock or after it.
//! - **Large objects** are claimed in a set of bits. Who claims one pushes it, and nothing in it is written before.
//! - What the threads found is handed over under a lock, and the isolate's thread goes on when the gate is closed: after all.
//!
//! V8 counterparts: `ScavengerCollector`, `ScavengerCollector::JobTask`, `Scavenger`.

use super::area::{AREA, Area, LARGEST_IN_AREA};
use super::body::{map_of, object_size, visit_slots};
use super::scavenger::{Evacuation, Places, Scavenger, copy_object, fatal, look_through};
use super::splice::Spliced;
use super::workers::{self, Gang, Job};
use super::worklist::Worklist;
use crate::heap::Heap;
use crate::layout::VisitorId;
use crate::map::Map;
use crate::memory::{AtomicChunkSet, ChunkFlags, KB, MemoryChunk};
use crate::spaces::filler::FillerMaps;
use crate::spaces::{AllocationAlignment, MAX_YOUNG_OBJECT_SIZE};
use crate::tagged::{TAGGED_SIZE, TaggedCell, Word};
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes that have to be moved for a helper to be called. It takes some 50 µs to come.
const WORTH_A_HELPER: usize = 512 * KB;

/// A thread with no more objects to visit gives none away.
const KEPT: usize = 4;

/// Objects that it gives away at most.
const SEGMENT: usize = 256;

/// How many threads are asked to help with this scavenge. The last one says how much there will be to do.
#[inline]
pub(super) fn helpers(heap: &Heap) -> usize {
    workers::helpers_for(&heap.options, heap.collector.survived_last / WORTH_A_HELPER)
}

/// What a thread found that the isolate's own is to see to.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) evacuation: Evacuation,
    /// As in the scavenger.
    pub(super) weak: Vec<(usize, &'static MemoryChunk)>,
    pub(super) spliced: Vec<Spliced>,
    pub(super) remembered_weak: Vec<(usize, &'static MemoryChunk)>,
    /// Slots of promoted objects that refer to young ones, each with the chunk of the object that has it.
    pub(super) young: Vec<(usize, &'static MemoryChunk)>,
    /// Objects that were promoted while marking is under way.
    pub(super) promoted: Vec<usize>,
    /// Large objects that live, with their sizes. Their slots have been visited.
    pub(super) large: Vec<(usize, usize)>,
    /// Objects that have not been visited: the isolate's thread must.
    pub(super) aside: Vec<usize>,
    /// Chunks whose remembered slots have not been, for some are of ephemerons.
    pub(super) remembered: Vec<&'static MemoryChunk>,
}

impl Findings {
    fn append(&mut self, mut other: Findings) {
        self.evacuation.add(other.evacuation);
        self.weak.append(&mut other.weak);
        self.spliced.append(&mut other.spliced);
        self.remembered_weak.append(&mut other.remembered_weak);
        self.young.append(&mut other.young);
        self.promoted.append(&mut other.promoted);
        self.large.append(&mut other.large);
        self.aside.append(&mut other.aside);
        self.remembered.append(&mut other.remembered);
    }
}

/// Visits remembered slots, the roots that `visit_roots` shows, and all that they keep alive, with up to so many `helpers`.
pub(super) fn visit<const ALIGNED: bool>(
    scavenger: &mut Scavenger<'_, ALIGNED>,
    old_chunks: &[&'static MemoryChunk],
    helpers: usize,
    visit_roots: impl FnOnce(&mut Worker<'_, ALIGNED>),
) -> Findings {
    let heap = &mut *scavenger.heap;
    let is_stress = heap.options.stress_threads;
    let job = ParallelScavenge::<ALIGNED> {
        places: scavenger.places.clone(),
        is_marking: scavenger.is_marking,
        promote_all: scavenger.promote_all,
        has_spliced: !heap.spliced.is_empty(),
        fillers: heap.fillers,
        remembered: old_chunks.iter().filter(|c| c.old_to_new().is_some()).map(|c| c.address()).collect(),
        claimed: AtomicUsize::new(0),
        large: AtomicChunkSet::new(),
        worklist: Worklist::new(helpers),
        memory: Mutex::new(Memory { surplus: heap.new_space.surplus(), heap }),
        findings: Mutex::new(Findings::default()),
    };
    let gang = Gang::new(job, helpers);
    if is_stress {
        gang.wait_patiently(|gang| gang.job().worklist.helpers() > 0);
    }
    let mut worker = Worker::new(gang.job());
    visit_roots(&mut worker);
    worker.work();
    gang.close();
    core::mem::take(&mut *gang.job().findings.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What the threads share. The isolate's own waits until all others have left; who comes later finds no work, and
/// so touches neither heap nor chunks.
struct ParallelScavenge<const ALIGNED: bool> {
    places: Places,
    is_marking: bool,
    promote_all: bool,
    /// Whether there are classes that splice.
    has_spliced: bool,
    fillers: FillerMaps,
    /// Chunks with remembered slots.
    remembered: Vec<usize>,
    /// How many of them threads have claimed.
    claimed: AtomicUsize,
    /// Large objects that were found alive.
    large: AtomicChunkSet,
    worklist: Worklist,
    memory: Mutex<Memory>,
    findings: Mutex<Findings>,
}

// SAFETY: what is not `Send` are the heap, and references to chunks in findings. The heap belongs to an isolate, which is
// `Send`, and is reached by one thread at a time, the one that holds the lock. Of chunks, threads touch flags, which are
// atomic, and what the module's documentation gives to one of them. Neither is touched once the gang is closed, which is
// as long as both are there.
unsafe impl<const ALIGNED: bool> Send for ParallelScavenge<ALIGNED> {}
// SAFETY: as above; the rest is atomic, behind locks, or never written.
unsafe impl<const ALIGNED: bool> Sync for ParallelScavenge<ALIGNED> {}

impl<const ALIGNED: bool> Job for ParallelScavenge<ALIGNED> {
    fn work(&self, _: usize) {
        if self.worklist.enter() {
            Worker::new(self).work();
        }
    }
}

impl<const ALIGNED: bool> ParallelScavenge<ALIGNED> {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A chunk whose remembered slots are this thread's to visit.
    fn claim(&self) -> Option<&'static MemoryChunk> {
        // Whoever adds one to a number has it alone; the chunks were there before the threads came.
        let chunk = self.remembered.get(self.claimed.fetch_add(1, Ordering::Relaxed))?;
        Some(MemoryChunk::of(*chunk))
    }
}

/// Where areas come from.
struct Memory {
    heap: *mut Heap,
    /// Bytes of to-space that may still be wasted.
    surplus: usize,
}

impl Memory {
    fn heap(&mut self) -> &mut Heap {
        // SAFETY: the isolate's heap, which its thread has lent to this scavenge and does not touch but through this; the
        // lock is held.
        unsafe { &mut *self.heap }
    }
}

/// One of the threads.
pub(super) struct Worker<'j, const ALIGNED: bool> {
    job: &'j ParallelScavenge<ALIGNED>,
    /// Objects that have moved, or are to be promoted where they are, and whose slots have not been visited.
    local: Vec<usize>,
    young: Area,
    old: Area,
    /// Promoted bytes that the surplus knows of.
    refunded: usize,
    findings: Findings,
}

impl<'j, const ALIGNED: bool> Worker<'j, ALIGNED> {
    fn new(job: &'j ParallelScavenge<ALIGNED>) -> Self {
        let (young, old) = (Area::default(), Area::default());
        Worker { job, local: Vec::new(), young, old, refunded: 0, findings: Findings::default() }
    }

    pub(super) fn visit_root(&mut self, word: Word) -> Word {
        if word.is_smi() || word.is_cleared() || !self.job.places.from.contains(word.address()) {
            return word;
        }
        Word::strong(self.evacuate(word.address()))
    }

    /// Until no thread has anything left to do.
    fn work(mut self) {
        let job = self.job;
        loop {
            while let Some(object) = self.local.pop() {
                self.visit_object(object);
                self.share_if_wanted();
            }
            if let Some(chunk) = job.claim() {
                self.visit_remembered(chunk);
            } else if let Some(segment) = job.worklist.take() {
                self.local = segment;
            } else {
                break;
            }
        }
        let mut memory = job.memory();
        self.retire_young(&mut memory);
        self.retire_old(&mut memory);
        drop(memory);
        job.findings.lock().unwrap_or_else(PoisonError::into_inner).append(self.findings);
    }

    #[inline(always)]
    fn share_if_wanted(&mut self) {
        if self.local.len() > KEPT && self.job.worklist.wants() {
            self.share();
        }
    }

    /// Gives half of its work away, what was found first: most hangs on that.
    #[cold]
    #[inline(never)]
    fn share(&mut self) {
        let count = (self.local.len() / 2).min(SEGMENT);
        self.job.worklist.share(self.local.drain(..count).collect());
    }

    fn visit_remembered(&mut self, chunk: &'static MemoryChunk) {
        if chunk.has(ChunkFlags::HAS_EPHEMERONS) {
            self.findings.remembered.push(chunk);
            return;
        }
        // SAFETY: this thread has claimed the chunk.
        let count = unsafe {
            look_through(chunk, |slot| {
                let is_young = self.visit_slot(slot, chunk, None);
                self.share_if_wanted();
                is_young
            })
        };
        self.findings.evacuation.remembered += count;
    }

    #[inline(always)]
    fn visit_object(&mut self, object: usize) {
        // SAFETY: a whole object, moved here or promoted where it is.
        let map = unsafe { map_of(object) };
        if matches!(map.body().visitor_id(), VisitorId::Custom | VisitorId::Ephemerons) {
            self.findings.aside.push(object);
            return;
        }
        let host = MemoryChunk::of(object);
        let is_old = !self.job.places.to.contains(object);
        // SAFETY: as above.
        unsafe {
            visit_slots(object, object_size(object, map), map, |slot| {
                if self.visit_slot(slot, host, Some((object, map))) && is_old {
                    self.findings.young.push((slot.address(), host));
                }
            });
        }
    }

    /// Evacuates what a slot refers to; whether that is still young. `object` is the one that has the slot, if known.
    #[inline(always)]
    fn visit_slot(&mut self, slot: &TaggedCell, host: &'static MemoryChunk, object: Option<(usize, &Map)>) -> bool {
        let word = slot.load(Ordering::Relaxed);
        if word.is_smi() {
            return false;
        }
        let places = &self.job.places;
        if word.is_weak() {
            return self.visit_weak_slot(slot, word, host, object);
        }
        if !places.from.contains(word.address()) {
            return places.to.contains(word.address());
        }
        let new = self.evacuate(word.address());
        slot.store(Word::strong(new), Ordering::Relaxed);
        places.to.contains(new)
    }

    fn visit_weak_slot(
        &mut self,
        slot: &TaggedCell,
        word: Word,
        host: &'static MemoryChunk,
        object: Option<(usize, &Map)>,
    ) -> bool {
        if word.is_cleared() {
            return false;
        }
        if !self.job.places.from.contains(word.address()) {
            return self.job.places.to.contains(word.address());
        }
        let slot = slot.address();
        let findings = &mut self.findings;
        match object {
            None if self.job.has_spliced => findings.remembered_weak.push((slot, host)),
            None => findings.weak.push((slot, host)),
            Some((object, map)) => match map.class().splice_link(slot - object) {
                None => findings.weak.push((slot, host)),
                Some(link) => findings.spliced.push(Spliced { slot, host, link }),
            },
        }
        false
    }

    /// Where the object at `from` lives now.
    #[inline(always)]
    fn evacuate(&mut self, from: usize) -> usize {
        // SAFETY: an object of from-space, its first word its map or where it went.
        let first = unsafe { TaggedCell::at(from) };
        let word = first.load(Ordering::Acquire);
        if word.is_smi() {
            return word.address();
        }
        // SAFETY: its map, also if it moves meanwhile; maps do not.
        let map: &Map = unsafe { word.as_object() };
        // SAFETY: an object with that map; but for the first word, what was moved away is left as it was.
        let size = unsafe { object_size(from, map) };
        if size > LARGEST_IN_AREA {
            return self.evacuate_without_area(from, word, map, size);
        }
        let promote = self.job.promote_all || self.job.places.has_survived(from);
        let alignment = if ALIGNED { map.body().alignment() } else { AllocationAlignment::Word };
        let Some((to, is_old)) = self.allocate(size, alignment, promote) else {
            return self.evacuate_without_area(from, word, map, size);
        };
        // SAFETY: `size` bytes of an object whose map was `word`, and as many just allocated elsewhere.
        match unsafe { move_object(from, word, to, size) } {
            Ok(()) => self.note(to, size, map, is_old),
            Err(moved_to) => {
                let area = if is_old { &mut self.old } else { &mut self.young };
                area.take_back();
                return moved_to;
            }
        }
        to
    }

    /// Looks after an object that this thread has moved.
    #[inline(always)]
    fn note(&mut self, to: usize, size: usize, map: &Map, is_old: bool) {
        if is_old {
            self.findings.evacuation.promoted += size;
            if self.job.is_marking {
                self.findings.promoted.push(to);
            }
        } else {
            self.findings.evacuation.copied += size;
        }
        if map.body().visitor_id() != VisitorId::DataOnly {
            self.local.push(to);
        }
    }

    /// Memory for a copy from this thread's areas, and whether it is in the old generation.
    #[inline(always)]
    fn allocate(&mut self, size: usize, alignment: AllocationAlignment, promote: bool) -> Option<(usize, bool)> {
        let fillers = self.job.fillers;
        if promote {
            if let Some(address) = self.old.cut(size, alignment, fillers) {
                return Some((address, true));
            }
            if self.refill_old(size + alignment.maximum_fill()) {
                return self.old.cut(size, alignment, fillers).map(|address| (address, true));
            }
        }
        if let Some(address) = self.young.cut(size, alignment, fillers) {
            return Some((address, false));
        }
        if !self.refill_young(size + alignment.maximum_fill()) {
            return None;
        }
        self.young.cut(size, alignment, fillers).map(|address| (address, false))
    }

    #[cold]
    #[inline(never)]
    fn refill_old(&mut self, least: usize) -> bool {
        let job = self.job;
        let mut memory = job.memory();
        self.retire_old(&mut memory);
        let heap = memory.heap();
        let area = heap.old_space.take_area(least, AREA, &mut heap.allocator, job.fillers);
        area.map(|area| self.old.begin(area)).is_some()
    }

    #[cold]
    #[inline(never)]
    fn refill_young(&mut self, least: usize) -> bool {
        let mut memory = self.job.memory();
        self.retire_young(&mut memory);
        if memory.surplus < AREA {
            return false;
        }
        let Some(area) = memory.heap().new_space.take_area(least, AREA) else { return false };
        memory.surplus -= area.size();
        self.young.begin(area);
        true
    }

    /// Gives back what is left of the area.
    fn retire_old(&mut self, memory: &mut Memory) {
        let rest = self.old.rest();
        // SAFETY: the end of an area that this thread took in this scavenge, and made no object of.
        unsafe { memory.heap().old_space.give_back_area(rest, self.job.fillers) };
        self.old = Area::default();
        // What is old now does not come to to-space.
        memory.surplus += self.findings.evacuation.promoted - self.refunded;
        self.refunded = self.findings.evacuation.promoted;
    }

    fn retire_young(&mut self, memory: &mut Memory) {
        let area = core::mem::take(&mut self.young);
        if area.limit == 0 {
            return;
        }
        let rest = area.rest();
        // SAFETY: as in `retire_old`.
        let is_returned = unsafe { memory.heap().new_space.give_back_area(rest, self.job.fillers) };
        memory.surplus += if is_returned { area.limit - area.start } else { area.top - area.start };
    }

    /// The same as [`evacuate`](Self::evacuate) for what does not come from an area: large copies, all when there is no surplus
    /// left, and objects that stay where they are.
    #[cold]
    #[inline(never)]
    fn evacuate_without_area(&mut self, from: usize, word: Word, map: &Map, size: usize) -> usize {
        if size > MAX_YOUNG_OBJECT_SIZE {
            if self.job.large.insert(from) {
                self.findings.large.push((from, size));
                if map.body().visitor_id() != VisitorId::DataOnly {
                    self.local.push(from);
                }
            }
            return from;
        }
        let promote = self.job.promote_all || self.job.places.has_survived(from);
        let alignment = if ALIGNED { map.body().alignment() } else { AllocationAlignment::Word };
        let job = self.job;
        let mut memory = job.memory();
        let heap = memory.heap();
        let least = size + alignment.maximum_fill();
        let old = if promote { heap.old_space.take_area(least, least, &mut heap.allocator, job.fillers) } else { None };
        let is_old = old.is_some();
        let Some(region) = old.or_else(|| heap.new_space.take_area(least, least)) else {
            // Unreachable unless the module's documentation is wrong.
            fatal("a scavenge found no memory for a survivor")
        };
        let mut area = Area::default();
        area.begin(region);
        let to = area.cut(size, alignment, job.fillers).expect("there is room for the object and its filler");
        // SAFETY: `size` bytes of an object whose map was `word`, and as many just allocated elsewhere.
        let result = unsafe { move_object(from, word, to, size) };
        if result.is_err() {
            area.take_back();
        }
        // SAFETY: the end of what was taken above, and no object. In to-space it is returned: it was cut off last.
        unsafe {
            if is_old {
                heap.old_space.give_back_area(area.rest(), job.fillers);
            } else {
                let is_returned = heap.new_space.give_back_area(area.rest(), job.fillers);
                debug_assert!(is_returned);
            }
        }
        drop(memory);
        match result {
            Ok(()) => {
                self.note(to, size, map, is_old);
                to
            }
            Err(moved_to) => moved_to,
        }
    }
}

/// Copies an object and says so in its first word; or, if another thread was faster, where it is.
///
/// # Safety
///
/// There are `size` bytes of an object at `from`, whose first word was `map`, a strong reference, and as many free ones at
/// `to` that no other thread touches.
#[inline(always)]
unsafe fn move_object(from: usize, map: Word, to: usize, size: usize) -> Result<(), usize> {
    // SAFETY: the caller's contract. All but the first word is left as it was in objects that are moved.
    unsafe {
        if size > TAGGED_SIZE {
            copy_object(from + TAGGED_SIZE, to + TAGGED_SIZE, size - TAGGED_SIZE);
        }
        TaggedCell::at(to).store(map, Ordering::Relaxed);
        let first = TaggedCell::at(from);
        match first.compare_exchange(map, Word::from_bits(to), from, Ordering::AcqRel) {
            Ok(_) => Ok(()),
            Err(moved_to) => Err(moved_to.address()),
        }
    }
}
