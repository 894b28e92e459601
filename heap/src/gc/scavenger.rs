//! The scavenger: copies what lives in the young generation, once within it, the second time out of it.
//!
//! Cheney's algorithm: the copies themselves are the queue. What is promoted is queued apart. A scavenge cannot fail:
//! the semi-spaces hold chunks enough for any packing of the survivors (`NewSpace`), and what the old generation has no
//! room for stays young. Large objects are promoted where they are, which takes no memory: their chunk changes owner, and
//! they are queued like what was moved.
//!
//! Where there is enough to do, other threads help (`parallel_scavenger`): they follow strong references until there are no more, and what they
//! found besides is looked at here as if it had been found here.

use super::body::{object_size, visit_slots_and_ephemerons};
use super::ephemerons::{self, Entry, Noted};
use super::parallel_scavenger::{self, Findings};
use super::splice::{Spliced, find_hosts, first_alive};
use crate::barrier::{self, SlotAction};
use crate::heap::Heap;
use crate::isolate::IsolateData;
use crate::map::Map;
use crate::memory::{ChunkFlags, ChunkSet, MemoryChunk, prefetch};
use crate::spaces::filler::zap;
use crate::spaces::{AllocationAlignment, MAX_YOUNG_OBJECT_SIZE, NewLargeObjectSpace, SpaceId};
use crate::tagged::{TaggedCell, Word};
use core::ops::Range;
use core::sync::atomic::Ordering;

/// What a scavenge did, mostly in bytes that it moved.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Evacuation {
    /// Remembered slots that were looked at: a number.
    pub(super) remembered: usize,
    /// Within the young generation.
    pub(super) copied: usize,
    /// Out of it.
    pub(super) promoted: usize,
    /// Bytes that became old without being moved.
    pub(super) promoted_in_place: usize,
}

impl Evacuation {
    /// Bytes that are alive, or taken for it.
    pub(super) fn survived(&self) -> usize {
        self.copied + self.promoted + self.promoted_in_place
    }

    /// Adds what another thread has moved.
    pub(super) fn add(&mut self, other: Evacuation) {
        self.remembered += other.remembered;
        self.copied += other.copied;
        self.promoted += other.promoted;
        self.promoted_in_place += other.promoted_in_place;
    }
}

/// Collects the young generation; with `promote_all`, empties it.
pub(super) fn scavenge(isolate: &mut IsolateData, promote_all: bool) -> Evacuation {
    if isolate.heap.options.smallest_aligned.is_some() {
        scavenge_with::<true>(isolate, promote_all)
    } else {
        scavenge_with::<false>(isolate, promote_all)
    }
}

/// `ALIGNED`: whether some class asks for more than a word's alignment. Other isolates do not look for it.
fn scavenge_with<const ALIGNED: bool>(isolate: &mut IsolateData, promote_all: bool) -> Evacuation {
    isolate.heap.new_space.flip();
    isolate.heap.new_large_object_space.flip();
    let old_chunks = isolate.heap.old_chunks();
    let first = isolate.heap.new_space.chunks()[0];
    let mut scavenger = Scavenger::<ALIGNED> {
        places: Places::of(&isolate.heap),
        is_marking: isolate.heap.collector.marking.is_some(),
        heap: &mut isolate.heap,
        promote_all,
        evacuation: Evacuation::default(),
        promoted: Vec::new(),
        weak: Vec::new(),
        spliced: Vec::new(),
        remembered_weak: Vec::new(),
        ephemerons: Vec::new(),
        scan_chunk: 0,
        scan: first.area_start(),
    };
    /// Visits all that keeps young objects alive, but for remembered slots.
    macro_rules! visit_roots {
        ($visitor:ident) => {
            isolate.roots.for_each(|word| $visitor.visit_root(word));
            isolate.globals.for_each_strong(|word| $visitor.visit_root(word));
            isolate.eternals.for_each_young(|word| $visitor.visit_root(word));
            isolate.persistent.for_each(|word| $visitor.visit_root(word));
            isolate.handles.for_each(|word| $visitor.visit_root(word));
        };
    }
    let helpers = parallel_scavenger::helpers(scavenger.heap);
    if helpers > 0 {
        let findings = parallel_scavenger::visit(&mut scavenger, &old_chunks, helpers, |worker| {
            visit_roots!(worker);
        });
        scavenger.adopt(findings);
    } else {
        for chunk in old_chunks {
            scavenger.visit_remembered(chunk);
        }
        visit_roots!(scavenger);
    }
    scavenger.drain();
    scavenger.resolve_ephemerons();
    scavenger.update_weak_slots();
    scavenger.splice();
    let from = &scavenger.places.from;
    isolate.globals.for_each_weak(|word| forwarded(from, word).unwrap_or(Word::CLEARED));
    if let Some(ids) = &mut isolate.object_ids {
        ids.update(|address| forwarded(from, Word::strong(address)).map(Word::address));
    }
    let evacuation = scavenger.evacuation;
    finish(&mut isolate.heap, evacuation);
    evacuation
}

fn finish(heap: &mut Heap, evacuation: Evacuation) {
    heap.new_space.set_age_mark();
    if cfg!(debug_assertions) {
        for chunk in heap.new_space.evacuated_chunks() {
            // SAFETY: everything alive has left the chunk, and no slot refers to it any more.
            unsafe { zap(chunk.area_start(), chunk.top() - chunk.area_start()) };
        }
    }
    heap.new_space.fill_evacuated_next();
    // SAFETY: the scavenge is complete: nothing refers to a young large object that it has not promoted.
    unsafe { heap.new_large_object_space.sweep(&mut heap.large_object_space, &mut heap.allocator) };
    grow_if_much_survived(heap, evacuation.copied + evacuation.promoted);
}

/// After a scavenge that so many bytes have survived.
pub(super) fn grow_if_much_survived(heap: &mut Heap, bytes: usize) {
    heap.collector.survived_last = bytes;
    heap.collector.survived_since_growth += bytes;
    if heap.collector.survived_since_growth > heap.new_space.capacity() && heap.new_space.grow(&mut heap.allocator) {
        heap.collector.survived_since_growth = 0;
    }
}

/// What the inner loop has to know of an object by its address.
#[derive(Clone)]
pub(super) struct Places {
    /// Being evacuated; a large object, until it is promoted.
    pub(super) from: ChunkSet,
    /// Young, and not being evacuated.
    pub(super) to: ChunkSet,
    /// Chunks of `from` whose objects have all survived a collection.
    aged: ChunkSet,
    /// Those of the one chunk of which only some have.
    partly_aged: Range<usize>,
}

impl Places {
    /// When the halves have been exchanged.
    fn of(heap: &Heap) -> Places {
        let empty = ChunkSet::EMPTY;
        let mut places = Places { from: empty.clone(), to: empty.clone(), aged: empty, partly_aged: 0..0 };
        for chunk in heap.new_space.committed_chunks() {
            let is_from = chunk.has(ChunkFlags::IN_FROM_SPACE);
            if is_from { &mut places.from } else { &mut places.to }.insert(chunk.address());
            if is_from && chunk.age_mark() >= chunk.top() {
                places.aged.insert(chunk.address());
            } else if is_from && chunk.age_mark() > chunk.area_start() {
                // Survivors fill chunk after chunk, and new objects follow them.
                debug_assert!(places.partly_aged.is_empty());
                places.partly_aged = chunk.area_start()..chunk.age_mark();
            }
        }
        for chunk in heap.new_large_object_space.chunks() {
            places.from.insert(chunk.address());
        }
        places
    }

    /// Whether the object has survived a collection.
    #[inline(always)]
    pub(super) fn has_survived(&self, from: usize) -> bool {
        self.aged.contains(from) || self.partly_aged.contains(&from)
    }
}

pub(super) struct Scavenger<'h, const ALIGNED: bool> {
    pub(super) places: Places,
    pub(super) is_marking: bool,
    pub(super) heap: &'h mut Heap,
    pub(super) promote_all: bool,
    evacuation: Evacuation,
    /// Promoted objects whose slots have not been visited.
    promoted: Vec<usize>,
    /// Weak slots that refer to where objects were, each with the chunk of the object that holds it.
    weak: Vec<(usize, &'static MemoryChunk)>,
    /// Those that take over their referents' links.
    spliced: Vec<Spliced>,
    /// Those found in remembered sets, which do not say of which object a slot is: used if there are classes that splice.
    remembered_weak: Vec<(usize, &'static MemoryChunk)>,
    /// Entries whose keys were not known to live.
    ephemerons: Vec<Noted>,
    /// The first copy whose slots have not been visited.
    scan_chunk: usize,
    scan: usize,
}

/// Where a reference points after evacuation; `None` if its object was left behind.
pub(super) fn forwarded(from: &ChunkSet, word: Word) -> Option<Word> {
    if word.is_smi() || word.is_cleared() || !from.contains(word.address()) {
        return Some(word);
    }
    // SAFETY: an object was there, and its first word is its map or where it went.
    let first = unsafe { TaggedCell::at(word.address()) }.load(Ordering::Relaxed);
    first.is_smi().then(|| moved(word, first))
}

/// The reference `word` after its object moved to where `forwarding` says.
#[inline]
fn moved(word: Word, forwarding: Word) -> Word {
    let new = Word::strong(forwarding.address());
    if word.is_weak() { new.to_weak() } else { new }
}

/// Calls `visit` with the remembered slots of a chunk, while what those after them refer to comes to the cache, and forgets those of which it
/// says that they refer to nothing young any more. Returns how many there were.
///
/// # Safety
///
/// The chunk is left to this thread: no other one looks at its set.
#[inline(always)]
pub(super) unsafe fn look_through(chunk: &MemoryChunk, mut visit: impl FnMut(&TaggedCell) -> bool) -> usize {
    let Some(slots) = chunk.old_to_new() else { return 0 };
    // SAFETY: a remembered offset is that of a tagged word of a live object: sweeping forgets dead ones.
    let slot_at = |offset| unsafe { TaggedCell::at(chunk.address() + offset) };
    let ahead = |offset| prefetch(slot_at(offset).load(Ordering::Relaxed).address());
    let mut count = 0;
    slots.iterate_ahead(ahead, |offset| {
        count += 1;
        if visit(slot_at(offset)) { SlotAction::Keep } else { SlotAction::Remove }
    });
    // SAFETY: the caller's contract, and `slots` is not used any more.
    unsafe { chunk.settle_old_to_new() };
    count
}

impl<const ALIGNED: bool> Scavenger<'_, ALIGNED> {
    fn visit_root(&mut self, word: Word) -> Word {
        if word.is_smi() || word.is_cleared() || !self.places.from.contains(word.address()) {
            return word;
        }
        Word::strong(self.evacuate(word.address()))
    }

    /// Goes on from what other threads have found. All that they copied has been visited, but for what they put aside.
    fn adopt(&mut self, mut findings: Findings) {
        self.evacuation.add(findings.evacuation);
        for (object, size) in findings.large {
            self.own_in_place(object, size);
        }
        for (slot, host) in findings.young {
            barrier::record(host, slot);
        }
        for object in findings.promoted {
            if let Some(marking) = MemoryChunk::of(object).marking() {
                marking.shade(object);
            }
        }
        self.weak.append(&mut findings.weak);
        self.spliced.append(&mut findings.spliced);
        self.remembered_weak.append(&mut findings.remembered_weak);
        self.scan_chunk = self.heap.new_space.chunks().len() - 1;
        self.scan = self.heap.new_space.lab.top();
        for chunk in findings.remembered {
            self.visit_remembered(chunk);
        }
        for object in findings.aside {
            let host = MemoryChunk::of(object);
            if self.places.to.contains(object) {
                self.visit_object(object, host, |_| {});
            } else {
                self.visit_object(object, host, |slot| barrier::record(host, slot));
            }
        }
    }

    /// Visits the slots of a chunk that refer into the young generation, and forgets those that no longer do.
    fn visit_remembered(&mut self, chunk: &'static MemoryChunk) {
        if chunk.has(ChunkFlags::HAS_EPHEMERONS) {
            self.evacuation.remembered += ephemerons::visit_remembered(self, chunk);
            return;
        }
        // SAFETY: there is no other thread.
        self.evacuation.remembered += unsafe { look_through(chunk, |slot| self.visit_slot(slot, chunk, None)) };
    }

    /// Evacuates what a slot refers to; whether that is still young. `object` is the one that has the slot, if known.
    #[inline(always)]
    fn visit_slot(&mut self, slot: &TaggedCell, host: &'static MemoryChunk, object: Option<(usize, &Map)>) -> bool {
        let word = slot.load(Ordering::Relaxed);
        if word.is_smi() {
            return false;
        }
        if word.is_weak() {
            return self.visit_weak_slot(slot, word, host, object);
        }
        if !self.places.from.contains(word.address()) {
            return self.places.to.contains(word.address());
        }
        let new = self.evacuate(word.address());
        slot.store(Word::strong(new), Ordering::Relaxed);
        self.places.to.contains(new)
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
        if self.places.from.contains(word.address()) {
            // Decided when all that lives is known; remembered again then, if it must be.
            let slot = slot.address();
            match object {
                None if !self.heap.spliced.is_empty() => self.remembered_weak.push((slot, host)),
                None => self.weak.push((slot, host)),
                Some((object, map)) => match map.class().splice_link(slot - object) {
                    None => self.weak.push((slot, host)),
                    Some(link) => self.spliced.push(Spliced { slot, host, link }),
                },
            }
            return false;
        }
        self.places.to.contains(word.address())
    }

    /// Where the object at `from` lives now.
    #[inline(always)]
    fn evacuate(&mut self, from: usize) -> usize {
        // SAFETY: an object of from-space, its first word its map or where it went.
        let first = unsafe { TaggedCell::at(from) };
        let word = first.load(Ordering::Relaxed);
        if word.is_smi() {
            return word.address();
        }
        // SAFETY: not moved, so its map.
        let map: &Map = unsafe { word.as_object() };
        // SAFETY: an object with that map.
        let size = unsafe { object_size(from, map) };
        if size > MAX_YOUNG_OBJECT_SIZE {
            self.promote_in_place(from, size, map);
            return from;
        }
        let promote = self.promote_all || self.places.has_survived(from);
        let alignment = if ALIGNED { map.body().alignment() } else { AllocationAlignment::Word };
        let (to, is_old) = self.allocate(size, alignment, promote);
        // SAFETY: `size` bytes of an object, and as many just allocated elsewhere.
        unsafe { copy_object(from, to, size) };
        first.store(Word::from_bits(to), Ordering::Relaxed);
        if is_old {
            self.evacuation.promoted += size;
            if self.is_marking
                && let Some(marking) = MemoryChunk::of(to).marking()
            {
                marking.shade(to);
            }
            if map.body().visitor_id() != crate::layout::VisitorId::DataOnly {
                self.promoted.push(to);
            }
        } else {
            self.evacuation.copied += size;
        }
        to
    }

    /// Makes an object of a chunk of its own old where it is, which cannot fail.
    #[cold]
    #[inline(never)]
    fn promote_in_place(&mut self, object: usize, size: usize, map: &Map) {
        self.own_in_place(object, size);
        if map.body().visitor_id() != crate::layout::VisitorId::DataOnly {
            self.promoted.push(object);
        }
    }

    /// The same without its slots.
    fn own_in_place(&mut self, object: usize, size: usize) {
        let chunk = MemoryChunk::of(object);
        debug_assert!(chunk.has(ChunkFlags::LARGE) && object == chunk.area_start());
        NewLargeObjectSpace::promote(chunk);
        self.places.from.remove(object);
        self.heap.allocator.let_tell(chunk);
        if let Some(marking) = chunk.marking() {
            marking.shade(object);
        }
        self.evacuation.promoted_in_place += size;
        self.heap.count_allocation(SpaceId::LargeObject, size);
    }

    /// Memory for a survivor, and whether it is in the old generation.
    #[inline(always)]
    fn allocate(&mut self, size: usize, alignment: AllocationAlignment, promote: bool) -> (usize, bool) {
        if promote && let Some(address) = self.allocate_old(size, alignment) {
            return (address, true);
        }
        loop {
            let lab = &self.heap.new_space.lab;
            let address = if alignment.maximum_fill() == 0 {
                lab.allocate(size)
            } else {
                // The filler is visited as the copies are: it has no slots.
                lab.allocate_aligned(size, alignment, self.heap.fillers)
            };
            if let Some(address) = address {
                return (address, false);
            }
            if !self.heap.new_space.next_chunk_for_survivors() {
                break;
            }
        }
        // The semi-space holds all survivors (`chunks_for`), so this is unreachable unless that is wrong; promotion
        // is then the better end.
        match self.allocate_old(size, alignment) {
            Some(address) => (address, true),
            None => fatal("a scavenge found no memory for a survivor"),
        }
    }

    #[inline(always)]
    fn allocate_old(&mut self, size: usize, alignment: AllocationAlignment) -> Option<usize> {
        let heap = &mut *self.heap;
        if alignment.maximum_fill() > 0 {
            return heap.old_space.allocate_aligned(size, alignment, &mut heap.allocator, heap.fillers);
        }
        heap.old_space
            .allocate(size, heap.fillers)
            .or_else(|| heap.old_space.expand_and_allocate(size, &mut heap.allocator, heap.fillers).ok())
    }

    /// Visits copies and promoted objects until none is left.
    fn drain(&mut self) {
        loop {
            while let Some(object) = self.next_copy() {
                let host = MemoryChunk::of(object);
                self.scan = object + self.visit_object(object, host, |_| {});
            }
            let Some(object) = self.promoted.pop() else { break };
            let host = MemoryChunk::of(object);
            self.visit_object(object, host, |slot| barrier::record(host, slot));
        }
    }

    /// The next copy to visit, in the order they were made.
    #[inline]
    fn next_copy(&mut self) -> Option<usize> {
        loop {
            let chunk = self.heap.new_space.chunk(self.scan_chunk)?;
            let is_last = self.heap.new_space.chunk(self.scan_chunk + 1).is_none();
            let end = if is_last { self.heap.new_space.lab.top() } else { chunk.top() };
            if self.scan < end {
                return Some(self.scan);
            }
            if is_last {
                return None;
            }
            self.scan_chunk += 1;
            self.scan = self.heap.new_space.chunk(self.scan_chunk)?.area_start();
        }
    }

    /// Visits the slots of an object that has moved or been promoted, telling of those that refer to young objects. Returns
    /// its size.
    #[inline(always)]
    fn visit_object(&mut self, object: usize, host: &'static MemoryChunk, mut young: impl FnMut(usize)) -> usize {
        // SAFETY: a whole object, just moved here or promoted where it is.
        unsafe {
            let map = super::body::map_of(object);
            let size = object_size(object, map);
            let visit = |this: &mut Self, slot: &TaggedCell| {
                if this.visit_slot(slot, host, Some((object, map))) {
                    young(slot.address());
                }
            };
            visit_slots_and_ephemerons(object, size, map, self, visit, |this, entry: Entry| {
                ephemerons::visit(this, entry, host);
            });
            size
        }
    }

    /// The next survivor to visit.
    fn next_survivor(&mut self) -> Option<usize> {
        self.next_copy().or_else(|| self.promoted.pop())
    }

    fn resolve_ephemerons(&mut self) {
        if !self.ephemerons.is_empty() {
            let mut totals = self.heap.collector.ephemerons;
            ephemerons::resolve(self, &mut totals);
            self.heap.collector.ephemerons = totals;
        }
    }

    /// Now that all that lives has moved: updates weak slots, and clears those whose referent was left behind.
    fn update_weak_slots(&mut self) {
        for (address, host) in core::mem::take(&mut self.weak) {
            // SAFETY: a weak slot of a live object, visited in this scavenge.
            let slot = unsafe { TaggedCell::at(address) };
            let word = forwarded(&self.places.from, slot.load(Ordering::Relaxed)).unwrap_or(Word::CLEARED);
            store_weak(address, host, word);
        }
    }

    /// The same for weak slots that take over the links of dead referents.
    fn splice(&mut self) {
        self.sort_remembered_weak();
        let mut run = Vec::new();
        for Spliced { slot, host, link } in core::mem::take(&mut self.spliced) {
            // SAFETY: a weak slot of a live object whose class says where the links of its referents are. What was left
            // behind is unchanged but for such links: its first word is still its map.
            let word = unsafe {
                let word = TaggedCell::at(slot).load(Ordering::Relaxed);
                first_alive(word, link, &mut run, |word| forwarded(&self.places.from, word))
            };
            store_weak(slot, host, word);
        }
    }

    /// Updates the weak slots found in remembered sets, but for those that are to be spliced.
    fn sort_remembered_weak(&mut self) {
        let mut dead = Vec::new();
        for (address, host) in core::mem::take(&mut self.remembered_weak) {
            // SAFETY: a weak slot of an old object.
            let word = unsafe { TaggedCell::at(address) }.load(Ordering::Relaxed);
            match forwarded(&self.places.from, word) {
                Some(word) => store_weak(address, host, word),
                // SAFETY: left behind, so its first word is its map.
                None if self.is_member(unsafe { super::body::map_of(word.address()) }) => dead.push((address, host)),
                None => store_weak(address, host, Word::CLEARED),
            }
        }
        let spliced = &mut self.spliced;
        find_hosts(self.heap, &mut dead, |slot, host, link| match link {
            Some(link) => spliced.push(Spliced { slot, host, link }),
            None => store_weak(slot, host, Word::CLEARED),
        });
    }

    /// Whether some class splices lists of such objects.
    fn is_member(&self, map: &Map) -> bool {
        self.heap.spliced.iter().any(|member| map.class().is_subclass_of(member))
    }
}

impl<const ALIGNED: bool> ephemerons::Scavenge for Scavenger<'_, ALIGNED> {
    fn from(&self) -> &ChunkSet {
        &self.places.from
    }

    fn heap(&self) -> &Heap {
        self.heap
    }

    fn noted(&mut self) -> &mut Vec<Noted> {
        &mut self.ephemerons
    }

    fn visit_and_remember(&mut self, slot: &TaggedCell, host: &'static MemoryChunk) {
        if self.visit_slot(slot, host, None) && host.remembers() {
            barrier::record(host, slot.address());
        }
    }

    fn drain(&mut self) {
        Scavenger::drain(self);
    }

    fn visit_one(&mut self, before: &mut dyn FnMut(&TaggedCell)) -> bool {
        let Some(object) = self.next_survivor() else { return false };
        let host = MemoryChunk::of(object);
        // SAFETY: a whole object, just moved here or promoted where it is.
        unsafe {
            let map = super::body::map_of(object);
            let size = object_size(object, map);
            let visit = |this: &mut Self, slot: &TaggedCell| {
                before(slot);
                if this.visit_slot(slot, host, Some((object, map))) && host.remembers() {
                    barrier::record(host, slot.address());
                }
            };
            let note = |this: &mut Self, entry| this.ephemerons.push(Noted::new(entry, host));
            visit_slots_and_ephemerons(object, size, map, self, visit, note);
            if object == self.scan {
                self.scan += size;
            }
        }
        true
    }
}

/// Copies an object. Most have a few words: a call would take longer than the copying.
///
/// # Safety
///
/// There are `size` bytes of an object at `from`, and as many free ones at `to`.
#[inline(always)]
pub(super) unsafe fn copy_object(from: usize, to: usize, size: usize) {
    /// Bytes that are copied by hand.
    const SMALL: usize = 64;
    let (from, to) =
        (core::ptr::with_exposed_provenance::<u32>(from), core::ptr::with_exposed_provenance_mut::<u32>(to));
    let words = size / 4;
    // SAFETY: the caller's contract; objects are whole words of 4 bytes long, and aligned to them.
    unsafe {
        if size > SMALL {
            core::ptr::copy_nonoverlapping(from, to, words);
            return;
        }
        let mut at = 0;
        while at + 2 <= words {
            to.add(at).cast::<u64>().write_unaligned(from.add(at).cast::<u64>().read_unaligned());
            at += 2;
        }
        if at < words {
            to.add(at).write(from.add(at).read());
        }
    }
}

/// Stores what a weak slot refers to now, and remembers the slot if it must be.
pub(super) fn store_weak(slot: usize, host: &'static MemoryChunk, word: Word) {
    // SAFETY: callers pass a weak slot of a live object.
    unsafe { TaggedCell::at(slot) }.store(word, Ordering::Relaxed);
    if word.is_cleared() || !host.remembers() {
        return;
    }
    let chunk = MemoryChunk::of(word.address());
    if chunk.has(ChunkFlags::IN_TO_SPACE) {
        barrier::record(host, slot);
    } else if let Some(marking) = host.marking()
        && !chunk.has(ChunkFlags::READ_ONLY)
    {
        // A list that closes up leads to an old object that marking may not have met, from a slot that it may not know.
        marking.stored(slot, word.address());
    }
}

/// There is no way on that would not lose objects.
#[cold]
pub(super) fn fatal(what: &str) -> ! {
    // No event: a subscriber that panics would unwind into half a collection.
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("heapwright: {what}\n").as_bytes());
    std::process::abort()
}
