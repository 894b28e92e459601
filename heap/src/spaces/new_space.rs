//! The young generation: two semi-spaces of equal size, one in use and one to copy into.

use super::filler::zap;
use super::{
    AllocationAlignment, LinearAllocationArea, MAX_YOUNG_OBJECT_SIZE, SpaceId, SpaceStatistics, UnfinishedObjects,
};
use crate::error::OutOfMemory;
use crate::memory::{AREA_SIZE, AddressRegion, CHUNK_SIZE, ChunkFlags, MemoryAllocator, MemoryChunk};

/// V8: `NewSpace` (`SemiSpaceNewSpace`).
#[derive(Debug)]
pub(crate) struct NewSpace {
    /// Where objects are born: the unused rest of the current chunk.
    pub(crate) lab: LinearAllocationArea,
    /// What was cut from a reservation and is not an object yet.
    pub(crate) unfinished: UnfinishedObjects,
    to: SemiSpace,
    from: SemiSpace,
    /// Chunks that the mutator may fill.
    capacity: usize,
    initial: usize,
    maximum: usize,
    /// Bytes of the smallest object that may need a filler before it, if any does.
    smallest_aligned: Option<usize>,
    /// Bytes between survivors that are fillers: ends of the areas of threads.
    filled: usize,
}

/// The chunks of one half.
#[derive(Debug, Default)]
struct SemiSpace {
    chunks: Vec<&'static MemoryChunk>,
    /// The chunk being filled.
    current: usize,
}

/// Chunks that a semi-space of `capacity` holds. Copying may pack objects worse than they were: each chunk is filled
/// but for less than one object. The surplus makes sure that all survivors fit, so that a scavenge cannot fail; its
/// pages are not touched unless needed.
///
/// Objects of aligned classes may need a filler where they had none, of one word each. There are no more of them than go
/// into the capacity if all are of the smallest size: so much more has to fit, and a chunk may end with room for less than
/// an object and its filler. New objects do not go beyond the capacity, so survivors have no more bytes than that, fillers
/// left out ([`NewSpace::end_of_area`]).
fn chunks_for(capacity: usize, smallest_aligned: Option<usize>) -> usize {
    let bytes = capacity * AREA_SIZE;
    let fill = smallest_aligned.map_or(0, |_| AllocationAlignment::Double.maximum_fill());
    let fillers = smallest_aligned.map_or(0, |size| bytes.div_ceil(size) * fill);
    (bytes + fillers).div_ceil(AREA_SIZE - MAX_YOUNG_OBJECT_SIZE - fill) + 1
}

impl NewSpace {
    /// A new space of `initial` bytes that may grow to `maximum`, both multiples of a chunk.
    ///
    /// # Errors
    ///
    /// If the chunks cannot be had; those that were are given back.
    pub(crate) fn new(
        allocator: &mut MemoryAllocator,
        initial: usize,
        maximum: usize,
        smallest_aligned: Option<usize>,
    ) -> Result<NewSpace, OutOfMemory> {
        let mut space = NewSpace {
            lab: LinearAllocationArea::default(),
            unfinished: UnfinishedObjects::default(),
            to: SemiSpace::default(),
            from: SemiSpace::default(),
            capacity: 0,
            initial: initial / CHUNK_SIZE,
            maximum: maximum / CHUNK_SIZE,
            smallest_aligned,
            filled: 0,
        };
        space.grow_to(allocator, initial / CHUNK_SIZE)?;
        space.start_filling(0);
        Ok(space)
    }

    /// Bytes that objects may fill before a scavenge.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity * AREA_SIZE
    }

    /// Commits both halves for `capacity` chunks, or leaves them as they are.
    fn grow_to(&mut self, allocator: &mut MemoryAllocator, capacity: usize) -> Result<(), OutOfMemory> {
        let wanted = chunks_for(capacity, self.smallest_aligned);
        let (to_before, from_before) = (self.to.chunks.len(), self.from.chunks.len());
        while self.to.chunks.len() < wanted || self.from.chunks.len() < wanted {
            match allocator.allocate_chunk(SpaceId::New, 0, ChunkFlags::empty()) {
                Ok(chunk) if self.to.chunks.len() < wanted => {
                    chunk.set_flags(TO_FLAGS);
                    self.to.chunks.push(chunk);
                }
                Ok(chunk) => {
                    chunk.set_flags(FROM_FLAGS);
                    self.from.chunks.push(chunk);
                }
                Err(error) => {
                    let surplus = self.to.chunks.drain(to_before..).chain(self.from.chunks.drain(from_before..));
                    for chunk in surplus {
                        // SAFETY: just committed and never used.
                        unsafe { allocator.free_chunk(chunk) };
                    }
                    return Err(error);
                }
            }
        }
        self.capacity = capacity;
        Ok(())
    }

    /// Doubles the capacity, up to the maximum; whether it did. Both halves together grow to no more than a quarter of
    /// the heap's limit: in a full heap, survivors that cannot be promoted hold on to twice their room.
    pub(crate) fn grow(&mut self, allocator: &mut MemoryAllocator) -> bool {
        let wanted = (self.capacity * 2).min(self.maximum);
        if 2 * chunks_for(wanted, self.smallest_aligned) * CHUNK_SIZE > allocator.max_heap_size() / 4 {
            return false;
        }
        // Without memory for it, the young generation stays as it is: nothing is lost but speed.
        wanted > self.capacity && self.grow_to(allocator, wanted).is_ok()
    }

    /// Goes back to the initial capacity, or as near to it as what is young allows, and gives the chunks back.
    pub(crate) fn shrink(&mut self, allocator: &mut MemoryAllocator) {
        self.shrink_to(allocator, self.initial);
    }

    /// Halves the capacity, in the same bounds; whether it is less now. For a semi-space that is not in use.
    pub(crate) fn halve(&mut self, allocator: &mut MemoryAllocator) -> bool {
        self.shrink_to(allocator, self.capacity / 2)
    }

    /// Goes down to `capacity`, but not below the initial one nor what is young; whether that is less than now.
    fn shrink_to(&mut self, allocator: &mut MemoryAllocator, capacity: usize) -> bool {
        let capacity = capacity.max(self.initial).max(self.to.current + 1);
        if capacity >= self.capacity {
            return false;
        }
        let kept = chunks_for(capacity, self.smallest_aligned);
        for chunk in self.to.chunks.drain(kept..).chain(self.from.chunks.drain(kept..)) {
            // SAFETY: chunks after the current one hold no objects, nor does the half that is not in use.
            unsafe { allocator.free_chunk(chunk) };
        }
        self.capacity = capacity;
        true
    }

    /// Changes what the capacity begins with and may grow to, in bytes, and brings it within these bounds as far as what is
    /// young and memory allow.
    pub(crate) fn set_bounds(&mut self, allocator: &mut MemoryAllocator, initial: usize, maximum: usize) {
        (self.initial, self.maximum) = (initial / CHUNK_SIZE, maximum / CHUNK_SIZE);
        self.shrink_to(allocator, self.maximum);
        if self.capacity < self.initial {
            // Without memory for it, it stays as it is: nothing is lost but speed.
            let _ = self.grow_to(allocator, self.initial);
        }
    }

    fn start_filling(&mut self, chunk: usize) {
        if chunk == 0 {
            self.filled = 0;
        }
        self.to.current = chunk;
        let chunk = self.to.chunks[chunk];
        self.lab.reset(chunk.area_start(), chunk.area_end());
    }

    /// Notes how far the current chunk is filled.
    pub(crate) fn close_lab(&self) {
        self.to.chunks[self.to.current].set_top(self.lab.top());
    }

    /// Goes on to the next chunk within the first `to_fill` bytes of the capacity; whether there was one.
    pub(crate) fn next_chunk(&mut self, to_fill: usize) -> bool {
        self.advance(to_fill.div_ceil(AREA_SIZE).min(self.capacity))
    }

    /// Goes on to the next chunk, surplus included. For the scavenger's copies.
    pub(crate) fn next_chunk_for_survivors(&mut self) -> bool {
        self.advance(self.to.chunks.len())
    }

    fn advance(&mut self, end: usize) -> bool {
        if self.to.current + 1 >= end {
            return false;
        }
        self.close_lab();
        let next = self.to.current + 1;
        self.start_filling(next);
        true
    }

    /// While the other half is evacuated: bytes that may be wasted in this one, so that all that is in the other still fits.
    ///
    /// Each chunk of this half is filled but for less than [`MAX_YOUNG_OBJECT_SIZE`] bytes and a filler, whoever fills it
    /// ([`take_area`](Self::take_area) goes on to the next one for want of room for a single object, and for nothing less).
    /// So when all chunks are full, no fewer bytes have been cut off than these chunks hold without that. They went into
    /// copies of different objects, into fillers before these, or were wasted; hence, as long as no more is wasted than
    /// those bytes exceed all that is in the other half with fillers, the chunks do not become full.
    pub(crate) fn surplus(&self) -> usize {
        let fill = self.smallest_aligned.map_or(0, |_| AllocationAlignment::Double.maximum_fill());
        let from = &self.from.chunks[..=self.from.current];
        let bytes: usize = from.iter().map(|chunk| chunk.top() - chunk.area_start()).sum();
        let fillers = self.smallest_aligned.map_or(0, |size| bytes.div_ceil(size) * fill);
        let room = self.to.chunks.len() * (AREA_SIZE - MAX_YOUNG_OBJECT_SIZE - fill);
        room.saturating_sub(bytes + fillers)
    }

    /// `least` bytes for survivors, and what follows them in the chunk up to `wanted` bytes, for a thread to allocate from by
    /// itself.
    pub(crate) fn take_area(&mut self, least: usize, wanted: usize) -> Option<AddressRegion> {
        let start = loop {
            match self.lab.allocate(least) {
                Some(start) => break start,
                None if self.next_chunk_for_survivors() => {}
                None => return None,
            }
        };
        let more = wanted.saturating_sub(least).min(self.lab.available());
        self.lab.allocate(more).expect("no more than there is");
        Some(AddressRegion::new(start, least + more))
    }

    /// Takes back what is left of such an area; whether it can be cut off again, or is a filler for good.
    ///
    /// # Safety
    ///
    /// `rest` is the end of an area that was taken since the halves were exchanged. Nothing refers to it.
    pub(crate) unsafe fn give_back_area(&mut self, rest: AddressRegion, fillers: super::filler::FillerMaps) -> bool {
        if rest.end() == self.lab.top() {
            self.lab.give_back(rest.begin());
            return true;
        }
        self.lab.discount(rest.size());
        self.filled += rest.size();
        // SAFETY: the caller's contract: free bytes of this space.
        unsafe { fillers.fill(rest.begin(), rest.size()) };
        rest.is_empty()
    }

    /// Lets the linear allocation area reach to the end of its chunk.
    pub(crate) fn open_area(&self) {
        self.lab.reset(self.lab.top(), self.end_of_area());
    }

    /// How far new objects may fill the current chunk: not at all where survivors went on beyond the capacity, or there
    /// would be more of them the next time than was reckoned with.
    fn end_of_area(&self) -> usize {
        if self.to.current < self.capacity { self.to.chunks[self.to.current].area_end() } else { self.lab.top() }
    }

    /// Puts what was cut off last, at `address` and with a word more than it needs, where it is aligned.
    pub(crate) fn realign(
        &self,
        address: usize,
        size: usize,
        alignment: AllocationAlignment,
        fillers: super::filler::FillerMaps,
    ) -> usize {
        self.give_back(address, size + alignment.maximum_fill());
        self.lab.allocate_aligned(size, alignment, fillers).expect("a word more was asked for")
    }

    /// Shuts it, so that the next allocation takes the slow path.
    pub(crate) fn shut_area(&self) {
        self.lab.reset(self.lab.top(), self.lab.top());
    }

    /// Shuts it but for `bytes`.
    pub(crate) fn limit_area(&self, bytes: usize) {
        self.lab.reset(self.lab.top(), self.lab.top() + bytes);
    }

    /// Takes back the bytes that were cut off last.
    pub(crate) fn give_back(&self, address: usize, bytes: usize) {
        debug_assert_eq!(self.lab.top(), address + bytes);
        self.lab.give_back(address);
    }

    /// New chunks for all that are in use; `None` if they cannot be had.
    pub(crate) fn replacements(&self, allocator: &mut MemoryAllocator) -> Option<Vec<&'static MemoryChunk>> {
        let mut replacements = Vec::with_capacity(self.chunks().len());
        for _ in self.chunks() {
            let Ok(chunk) = allocator.allocate_chunk(SpaceId::New, 0, TO_FLAGS) else {
                for chunk in replacements {
                    // SAFETY: just committed and never used.
                    unsafe { allocator.free_chunk(chunk) };
                }
                return None;
            };
            replacements.push(chunk);
        }
        Some(replacements)
    }

    /// Gives those of the chunks in use away that `is_promoted` says, and empties the others. `replacements` take their
    /// places; those that are left over are given back.
    pub(crate) fn hand_over(
        &mut self,
        is_promoted: impl Fn(&MemoryChunk) -> bool,
        mut replacements: Vec<&'static MemoryChunk>,
        allocator: &mut MemoryAllocator,
    ) -> Vec<&'static MemoryChunk> {
        let mut promoted = Vec::new();
        for chunk in &mut self.to.chunks[..=self.to.current] {
            if is_promoted(chunk) {
                let replacement = replacements.pop().expect("there is one for each chunk");
                promoted.push(core::mem::replace(chunk, replacement));
            } else {
                if cfg!(debug_assertions) {
                    // SAFETY: nothing in the chunk is alive.
                    unsafe { zap(chunk.area_start(), chunk.top() - chunk.area_start()) };
                }
                chunk.set_top(chunk.area_start());
                chunk.set_age_mark(0);
            }
        }
        for chunk in replacements {
            // SAFETY: just committed and never used.
            unsafe { allocator.free_chunk(chunk) };
        }
        self.start_filling(0);
        promoted
    }

    /// Exchanges the halves: what was in use is to be evacuated, and the other, empty, is in use.
    pub(crate) fn flip(&mut self) {
        self.close_lab();
        core::mem::swap(&mut self.to, &mut self.from);
        for chunk in &self.from.chunks {
            chunk.set_flags(FROM_FLAGS);
        }
        for chunk in &self.to.chunks {
            chunk.set_flags(TO_FLAGS);
            chunk.set_top(chunk.area_start());
            chunk.set_age_mark(0);
        }
        self.start_filling(0);
    }

    /// After evacuation: what was copied here has survived once.
    pub(crate) fn set_age_mark(&mut self) {
        self.close_lab();
        for chunk in &self.to.chunks[..=self.to.current] {
            chunk.set_age_mark(chunk.top());
        }
        self.open_area();
    }

    /// After evacuation: the chunks behind the survivors are exchanged for those that were just evacuated. Those have been filled
    /// before, so they have memory and are nearer in the cache; without this, both halves would come to have it all. If nothing
    /// survived, all are exchanged.
    pub(crate) fn fill_evacuated_next(&mut self) {
        let is_empty = self.used() == 0;
        let first = if is_empty { 0 } else { self.to.current + 1 };
        for index in first..=self.from.current {
            core::mem::swap(&mut self.to.chunks[index], &mut self.from.chunks[index]);
            let (to, from) = (self.to.chunks[index], self.from.chunks[index]);
            from.set_flags(FROM_FLAGS);
            to.set_flags(TO_FLAGS);
            to.set_top(to.area_start());
            to.set_age_mark(0);
        }
        if is_empty {
            self.start_filling(0);
        }
    }

    /// The chunks in use, in the order they are filled, each with its objects from `area_start` to `top`.
    pub(crate) fn chunks(&self) -> &[&'static MemoryChunk] {
        &self.to.chunks[..=self.to.current]
    }

    /// The `index`th chunk in use.
    pub(crate) fn chunk(&self, index: usize) -> Option<&'static MemoryChunk> {
        self.chunks().get(index).copied()
    }

    /// The chunks of both halves, in use or not.
    pub(crate) fn committed_chunks(&self) -> impl Iterator<Item = &'static MemoryChunk> {
        self.to.chunks.iter().chain(&self.from.chunks).copied()
    }

    /// Chunks that have just been evacuated and hold nothing alive.
    pub(crate) fn evacuated_chunks(&self) -> &[&'static MemoryChunk] {
        &self.from.chunks
    }

    /// Bytes of objects, and of what lies between them.
    pub(crate) fn used(&self) -> usize {
        let full: usize = self.to.chunks[..self.to.current].iter().map(|c| c.top() - c.area_start()).sum();
        full + (self.lab.top() - self.to.chunks[self.to.current].area_start())
    }

    /// Bytes of objects, without the fillers that several threads have left between them.
    pub(crate) fn used_by_objects(&self) -> usize {
        self.used() - self.filled
    }

    pub(crate) fn statistics(&self) -> SpaceStatistics {
        let left: usize = self.to.chunks[..self.to.current].iter().map(|c| c.area_end() - c.top()).sum();
        SpaceStatistics {
            committed: (self.to.chunks.len() + self.from.chunks.len()) * CHUNK_SIZE,
            used: self.used_by_objects(),
            available: self.capacity().saturating_sub(self.used() + left),
            wasted: left + self.filled,
            chunks: self.to.chunks.len() + self.from.chunks.len(),
        }
    }
}

const TO_FLAGS: ChunkFlags = ChunkFlags::IN_TO_SPACE.union(ChunkFlags::POINTERS_TO_HERE_ARE_INTERESTING);
const FROM_FLAGS: ChunkFlags = ChunkFlags::IN_FROM_SPACE.union(ChunkFlags::POINTERS_TO_HERE_ARE_INTERESTING);
