//! The header at the start of every chunk of the heap.
//!
//! A chunk is 256 KiB, aligned to its size (a large object's is as long as it needs), so the header of the chunk an
//! object lies in is found by masking the object's address. V8: `MemoryChunk` and `MutablePageMetadata`.

use super::{AddressRegion, CHUNK_SIZE, prefetch};
use crate::barrier::{SlotSet, StoreObservers};
use crate::debugger::described;
use crate::gc::Marking;
use crate::spaces::SpaceId;
use crate::tagged::TAGGED_SIZE;
use core::cell::{Cell, UnsafeCell};
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

bitflags::bitflags! {
    /// What a chunk is and what the write barrier must know of it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ChunkFlags: u32 {
        /// A store into an object here may have to be remembered: the first test of the write barrier.
        const POINTERS_FROM_HERE_ARE_INTERESTING = 1;
        /// A reference to an object here may have to be remembered: the second test.
        const POINTERS_TO_HERE_ARE_INTERESTING = 1 << 1;
        /// Young, being evacuated.
        const IN_FROM_SPACE = 1 << 2;
        /// Young, in use.
        const IN_TO_SPACE = 1 << 3;
        /// Holds one large object.
        const LARGE = 1 << 4;
        /// Sealed: stores fault.
        const READ_ONLY = 1 << 5;
        /// Stores are observed: both barrier tests pass, whatever the space, and the slow path sorts it out.
        const OBSERVED = 1 << 6;
        /// Holds code: its objects lie in pages of their own, between guard pages, that are never writable and executable
        /// at once.
        const EXECUTABLE = 1 << 7;
        /// Code is being written here, or could not be made executable again: calling it faults.
        const OPEN_FOR_WRITING = 1 << 8;
        /// Old, and marking is under way: stores of references to objects here are told of, whatever the space.
        const MARKING = 1 << 9;
        /// Not swept since it was marked: what is marked here lives, and nothing else of it counts.
        const UNSWEPT = 1 << 10;
        /// Old, and there is or was an object here that has ephemerons: what its remembered slots are has to be looked up.
        const HAS_EPHEMERONS = 1 << 11;
    }
}

/// What is set beside what a chunk's space asks for, and stays when that changes.
const STANDING: ChunkFlags = ChunkFlags::OBSERVED.union(ChunkFlags::MARKING);

/// The two tests of the barrier.
const INTERESTING: ChunkFlags =
    ChunkFlags::POINTERS_FROM_HERE_ARE_INTERESTING.union(ChunkFlags::POINTERS_TO_HERE_ARE_INTERESTING);

/// Standing flags with the tests that have to pass for them.
const fn with_tests(standing: ChunkFlags) -> ChunkFlags {
    if standing.contains(ChunkFlags::OBSERVED) {
        standing.union(INTERESTING)
    } else if standing.contains(ChunkFlags::MARKING) {
        standing.union(ChunkFlags::POINTERS_TO_HERE_ARE_INTERESTING)
    } else {
        standing
    }
}

/// What the barrier must know of the chunks of a space.
pub(crate) const fn interesting_pointers(space: SpaceId) -> ChunkFlags {
    match space {
        SpaceId::New | SpaceId::NewLargeObject => ChunkFlags::POINTERS_TO_HERE_ARE_INTERESTING,
        SpaceId::ReadOnly => ChunkFlags::empty(),
        SpaceId::Old | SpaceId::Map | SpaceId::LargeObject => ChunkFlags::POINTERS_FROM_HERE_ARE_INTERESTING,
        // Code refers to nothing but its map, and has no setters.
        SpaceId::Code | SpaceId::CodeLargeObject => ChunkFlags::empty(),
    }
}

const BITS: usize = usize::BITS as usize;
const BITMAP_CELLS: usize = CHUNK_SIZE / TAGGED_SIZE / BITS;

/// The header of a chunk. Lives in the chunk's first bytes; all fields are cells, for the mutator, the barrier and the
/// collector share it. V8: `MemoryChunk` and `MutablePageMetadata`.
///
/// To be read through an [`OwnedChunk`](super::OwnedChunk). Those of an isolate change and go with each collection, so what
/// they say is shown as plain data: [`HandleScope::chunks`](crate::HandleScope::chunks). All numbers are in bytes, and all
/// addresses absolute.
#[repr(C)]
pub struct MemoryChunk {
    flags: AtomicU32,
    /// Whose it is; changes once at most, when a young large object becomes old.
    space: Cell<SpaceId>,
    size: usize,
    area_start: usize,
    area_end: usize,
    /// Where the objects end in a chunk that was filled from the start and not yet to its end.
    top: Cell<usize>,
    /// Young objects below this address have survived a collection.
    age_mark: Cell<usize>,
    live_bytes: Cell<usize>,
    /// Who observes stores, while the chunk is `OBSERVED`.
    observers: Cell<*const StoreObservers>,
    /// What is told of references that are stored, while the chunk is `MARKING`.
    marking: Cell<*const Marking>,
    old_to_new: UnsafeCell<Option<Box<SlotSet>>>,
    /// What `old_to_new` owns, unless the barrier has more to do than to insert into it: null then.
    short_way: Cell<*const SlotSet>,
    marking_bitmap: [AtomicUsize; BITMAP_CELLS],
}

/// Bytes before the first object, unless it is code: the header, rounded up to 64.
pub(crate) const AREA_OFFSET: usize = size_of::<MemoryChunk>().next_multiple_of(64);

/// Where the mark bits are: a bit for each tagged word of the chunk, the lowest of each byte first. For debuggers.
pub(crate) const MARKS_OFFSET: usize = core::mem::offset_of!(MemoryChunk, marking_bitmap);

/// Bytes for objects in a regular chunk.
pub(crate) const AREA_SIZE: usize = CHUNK_SIZE - AREA_OFFSET;

const _: () = assert!(AREA_SIZE > crate::spaces::MAX_REGULAR_OBJECT_SIZE);

impl MemoryChunk {
    /// Writes the header of a new chunk, whose objects will lie in `area`.
    ///
    /// # Safety
    ///
    /// `address` is that of `size` bytes, aligned to [`CHUNK_SIZE`], that belong to the caller until
    /// [`MemoryChunk::tear_down`]. The first [`AREA_OFFSET`] of them, and the area after them, are committed, zeroed and
    /// writable; those of the header stay writable.
    pub(crate) unsafe fn initialize<'a>(
        address: usize,
        size: usize,
        area: AddressRegion,
        space: SpaceId,
        flags: ChunkFlags,
    ) -> &'a MemoryChunk {
        let chunk = core::ptr::with_exposed_provenance_mut::<MemoryChunk>(address);
        // SAFETY: the caller's contract: room, alignment and ownership. The bitmap is zero already.
        unsafe {
            (&raw mut (*chunk).flags).write(AtomicU32::new(flags.bits()));
            (&raw mut (*chunk).space).write(Cell::new(space));
            (&raw mut (*chunk).size).write(size);
            (&raw mut (*chunk).area_start).write(area.begin());
            (&raw mut (*chunk).area_end).write(area.end());
            (&raw mut (*chunk).top).write(Cell::new(area.begin()));
            (&raw mut (*chunk).age_mark).write(Cell::new(0));
            (&raw mut (*chunk).live_bytes).write(Cell::new(0));
            (&raw mut (*chunk).observers).write(Cell::new(core::ptr::null()));
            (&raw mut (*chunk).marking).write(Cell::new(core::ptr::null()));
            (&raw mut (*chunk).old_to_new).write(UnsafeCell::new(None));
            (&raw mut (*chunk).short_way).write(Cell::new(core::ptr::null()));
            &*chunk
        }
    }

    /// Drops what the header owns outside the chunk.
    ///
    /// # Safety
    ///
    /// Nothing refers to the chunk or an object in it any more.
    pub(crate) unsafe fn tear_down(&self) {
        // A sealed chunk has no set, and its header cannot be written.
        if self.old_to_new().is_some() {
            // SAFETY: the caller's contract.
            unsafe { self.release_old_to_new() };
        }
    }

    /// Says that the chunk holds no objects and belongs to nobody, for debuggers: chunks in use have flags.
    pub(crate) fn mark_unused(&self) {
        self.flags.store(ChunkFlags::empty().bits(), Ordering::Relaxed);
    }

    /// The chunk that an object begins in.
    #[inline]
    pub(crate) fn of<'a>(address: usize) -> &'a MemoryChunk {
        let header = core::ptr::with_exposed_provenance::<MemoryChunk>(address & !(CHUNK_SIZE - 1));
        // SAFETY: every caller passes the address of an object of the heap, and the chunk an object lies in has a
        // header for as long as the object is there.
        unsafe { &*header }
    }

    /// The chunk's own address, a multiple of [`CHUNK_SIZE`].
    #[inline]
    #[must_use]
    pub fn address(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// What it is and what the write barrier must know of it.
    #[inline]
    #[must_use]
    pub fn flags(&self) -> ChunkFlags {
        ChunkFlags::from_bits_retain(self.flags.load(Ordering::Relaxed))
    }

    #[inline]
    pub(crate) fn has(&self, flags: ChunkFlags) -> bool {
        self.flags.load(Ordering::Relaxed) & flags.bits() != 0
    }

    /// Replaces the flags, but for what observing and marking set.
    pub(crate) fn set_flags(&self, flags: ChunkFlags) {
        self.flags.store((flags | with_tests(self.flags() & STANDING)).bits(), Ordering::Relaxed);
    }

    fn set_standing(&self, flag: ChunkFlags, value: bool) {
        let mut standing = self.flags() & STANDING;
        standing.set(flag, value);
        let own = self.flags().difference(STANDING | INTERESTING) | interesting_pointers(self.space());
        self.flags.store((own | with_tests(standing)).bits(), Ordering::Relaxed);
        self.renew_short_way();
    }

    /// Sends every store of a reference from or to here to the barrier's slow path, which tells `observers`; null
    /// ends that.
    pub(crate) fn set_observers(&self, observers: *const StoreObservers) {
        self.set_standing(ChunkFlags::OBSERVED, !observers.is_null());
        self.observers.set(observers);
    }

    /// Sends every store of a reference to an object here to the barrier's slow path, and lets that and whoever makes old
    /// objects here tell `marking`; null ends that. For old chunks.
    pub(crate) fn set_marking(&self, marking: *const Marking) {
        self.set_standing(ChunkFlags::MARKING, !marking.is_null());
        self.marking.set(marking);
    }

    /// What is to be told of old objects here, while marking is under way.
    #[inline]
    pub(crate) fn marking(&self) -> Option<&Marking> {
        // SAFETY: null, or set by the collector, which owns both and sets null in all chunks before it ends marking.
        unsafe { self.marking.get().as_ref() }
    }

    /// Who observes stores into objects here.
    pub(crate) fn observers(&self) -> Option<&StoreObservers> {
        // SAFETY: null, or set by the isolate, which owns both the observers and the chunk, and drops the chunk first.
        unsafe { self.observers.get().as_ref() }
    }

    /// Adds a flag, or takes it away.
    pub(crate) fn set_flag(&self, flag: ChunkFlags, value: bool) {
        let mut flags = self.flags();
        flags.set(flag, value);
        self.flags.store(flags.bits(), Ordering::Relaxed);
    }

    /// Whether objects here are young. Not what the barrier's flags say: they are set for observers too.
    #[inline]
    pub(crate) fn is_young(&self) -> bool {
        self.has(ChunkFlags::IN_FROM_SPACE.union(ChunkFlags::IN_TO_SPACE))
    }

    /// Whether slots here that refer to young objects have to be remembered.
    #[inline]
    pub(crate) fn remembers(&self) -> bool {
        !matches!(self.space(), SpaceId::New | SpaceId::NewLargeObject | SpaceId::ReadOnly)
    }

    /// Whether the flags are those of the chunk's space, observed or not.
    pub(crate) fn has_right_flags(&self, is_observed: bool, is_marking: bool) -> bool {
        let own = match self.space() {
            SpaceId::New => ChunkFlags::IN_TO_SPACE,
            SpaceId::NewLargeObject => ChunkFlags::LARGE | ChunkFlags::IN_TO_SPACE,
            SpaceId::ReadOnly => ChunkFlags::READ_ONLY,
            SpaceId::LargeObject => ChunkFlags::LARGE,
            SpaceId::Old => self.flags() & ChunkFlags::UNSWEPT,
            SpaceId::Map => ChunkFlags::empty(),
            SpaceId::Code => ChunkFlags::EXECUTABLE | (self.flags() & ChunkFlags::OPEN_FOR_WRITING),
            SpaceId::CodeLargeObject => {
                ChunkFlags::LARGE | ChunkFlags::EXECUTABLE | (self.flags() & ChunkFlags::OPEN_FOR_WRITING)
            }
        };
        let mut standing = ChunkFlags::empty();
        standing.set(ChunkFlags::OBSERVED, is_observed);
        standing.set(ChunkFlags::MARKING, is_marking && self.remembers());
        let found = self.flags() & ChunkFlags::HAS_EPHEMERONS;
        let allowed = found.is_empty() || self.remembers();
        allowed && self.flags() == (own | found | interesting_pointers(self.space()) | with_tests(standing))
    }

    /// The space it belongs to.
    #[inline]
    #[must_use]
    pub fn space(&self) -> SpaceId {
        self.space.get()
    }

    /// Gives the chunk to another space; its flags have to follow.
    pub(crate) fn set_space(&self, space: SpaceId) {
        self.space.set(space);
    }

    /// Bytes, header and guard pages included: a multiple of [`CHUNK_SIZE`].
    #[inline]
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// The address of the first object.
    #[inline]
    pub(crate) fn area_start(&self) -> usize {
        self.area_start
    }

    /// The address after the last byte for objects.
    #[inline]
    pub(crate) fn area_end(&self) -> usize {
        self.area_end
    }

    /// The address after the last object, as far as its space keeps it here; where the area begins in a new chunk.
    #[inline]
    #[must_use]
    pub fn top(&self) -> usize {
        self.top.get()
    }

    pub(crate) fn set_top(&self, top: usize) {
        self.top.set(top);
    }

    #[inline]
    pub(crate) fn age_mark(&self) -> usize {
        self.age_mark.get()
    }

    pub(crate) fn set_age_mark(&self, address: usize) {
        self.age_mark.set(address);
    }

    /// Bytes of objects that the last marking found alive.
    #[must_use]
    pub fn live_bytes(&self) -> usize {
        self.live_bytes.get()
    }

    pub(crate) fn set_live_bytes(&self, bytes: usize) {
        self.live_bytes.set(bytes);
    }

    /// The slots here that refer to young objects.
    #[inline]
    pub(crate) fn old_to_new(&self) -> Option<&SlotSet> {
        // SAFETY: the set is made and dropped on the isolate's thread only, or by the one thread that a scavenge has given
        // the chunk to, and dropped only where no reference to it is left (`release_old_to_new`).
        unsafe { (*self.old_to_new.get()).as_deref() }
    }

    /// The same, made if there is none.
    pub(crate) fn old_to_new_or_create(&self) -> &SlotSet {
        if self.old_to_new().is_none() {
            let set = Box::new(SlotSet::new(self.size, TAGGED_SIZE));
            // SAFETY: there is none, so nobody refers to it; isolate's thread only.
            unsafe { *self.old_to_new.get() = Some(set) };
            self.renew_short_way();
        }
        // SAFETY: as in `old_to_new`.
        unsafe { (*self.old_to_new.get()).as_deref().unwrap_unchecked() }
    }

    /// Drops the set of slots.
    ///
    /// # Safety
    ///
    /// No reference to the set is in use.
    pub(crate) unsafe fn release_old_to_new(&self) {
        self.short_way.set(core::ptr::null());
        // SAFETY: the caller's contract.
        unsafe { *self.old_to_new.get() = None };
    }

    /// After the slots were visited: lays the set out anew for what is in it, or drops it if that is nothing.
    ///
    /// # Safety
    ///
    /// No reference to the set is in use.
    pub(crate) unsafe fn settle_old_to_new(&self) {
        // SAFETY: the caller's contract.
        let Some(set) = (unsafe { &mut *self.old_to_new.get() }) else { return };
        if set.settle() {
            self.renew_short_way();
        } else {
            // SAFETY: the caller's contract, and `set` is not used any more.
            unsafe { self.release_old_to_new() };
        }
    }

    /// The set that a store that passed the barrier's tests has to be inserted into, if nothing else is to be done: neither
    /// observers nor marking want to know of it, so what was stored is young.
    #[inline(always)]
    pub(crate) fn short_way(&self) -> Option<&SlotSet> {
        // SAFETY: null, or what `old_to_new` owns: it is set and cleared with that.
        unsafe { self.short_way.get().as_ref() }
    }

    fn renew_short_way(&self) {
        let set = if self.has(STANDING) { None } else { self.old_to_new() };
        self.short_way.set(set.map_or(core::ptr::null(), core::ptr::from_ref));
    }

    #[inline]
    fn mark_bit(&self, address: usize) -> (&AtomicUsize, usize) {
        let bit = (address & (CHUNK_SIZE - 1)) / TAGGED_SIZE;
        (&self.marking_bitmap[bit / BITS], 1 << (bit % BITS))
    }

    /// Lets the mark of what may be an object come to the cache.
    #[inline(always)]
    pub(crate) fn prefetch_mark(address: usize) {
        let byte = (address & (CHUNK_SIZE - 1)) / TAGGED_SIZE / 8;
        prefetch((address & !(CHUNK_SIZE - 1)) + MARKS_OFFSET + byte);
    }

    /// Whether the object at `address` is marked.
    #[inline]
    pub(crate) fn is_marked(&self, address: usize) -> bool {
        let (cell, mask) = self.mark_bit(address);
        cell.load(Ordering::Relaxed) & mask != 0
    }

    /// Marks the object at `address`; whether it was not marked before.
    #[inline]
    pub(crate) fn try_mark(&self, address: usize) -> bool {
        let (cell, mask) = self.mark_bit(address);
        let bits = cell.load(Ordering::Relaxed);
        // Nobody else marks: a store is enough.
        cell.store(bits | mask, Ordering::Relaxed);
        bits & mask == 0
    }

    /// The same while others may mark too: one of them is told that it was not marked before.
    #[inline]
    pub(crate) fn try_mark_among_others(&self, address: usize) -> bool {
        let (cell, mask) = self.mark_bit(address);
        // Most objects that are referred to are marked already, and looking is much cheaper.
        cell.load(Ordering::Relaxed) & mask == 0 && cell.fetch_or(mask, Ordering::Relaxed) & mask == 0
    }

    /// Marks all words of the object of `size` bytes at `address`, whose first is marked; `SHARED`: others may mark too.
    #[inline(always)]
    pub(crate) fn cover<const SHARED: bool>(&self, address: usize, size: usize) {
        self.for_each_cell(address, size, |cell, mask| {
            if mask == usize::MAX {
                cell.store(mask, Ordering::Relaxed);
            } else if SHARED {
                cell.fetch_or(mask, Ordering::Relaxed);
            } else {
                cell.store(cell.load(Ordering::Relaxed) | mask, Ordering::Relaxed);
            }
        });
    }

    /// Unmarks all words of the object of `size` bytes at `address`; whether it was marked. Nobody marks meanwhile.
    pub(crate) fn unmark(&self, address: usize, size: usize) -> bool {
        let was_marked = self.is_marked(address);
        self.for_each_cell(address, size, |cell, mask| {
            cell.store(cell.load(Ordering::Relaxed) & !mask, Ordering::Relaxed);
        });
        was_marked
    }

    /// Calls `visit` with the cells of the bitmap that stand for words from `address` on, and the bits of these words.
    #[inline(always)]
    fn for_each_cell(&self, address: usize, size: usize, mut visit: impl FnMut(&AtomicUsize, usize)) {
        let first = (address & (CHUNK_SIZE - 1)) / TAGGED_SIZE;
        let last = first + size / TAGGED_SIZE - 1;
        let (first_cell, last_cell) = (first / BITS, last / BITS);
        let from_first = usize::MAX << (first % BITS);
        let to_last = usize::MAX >> (BITS - 1 - last % BITS);
        if first_cell == last_cell {
            visit(&self.marking_bitmap[first_cell], from_first & to_last);
            return;
        }
        visit(&self.marking_bitmap[first_cell], from_first);
        for cell in &self.marking_bitmap[first_cell + 1..last_cell] {
            visit(cell, usize::MAX);
        }
        visit(&self.marking_bitmap[last_cell], to_last);
    }

    /// Bytes of the words that are marked: of the objects that live, when all that are marked have been visited.
    pub(crate) fn marked_bytes(&self) -> usize {
        count_ones(&self.marking_bitmap) * TAGGED_SIZE
    }

    /// Unmarks everything.
    pub(crate) fn clear_marks(&self) {
        for cell in &self.marking_bitmap {
            cell.store(0, Ordering::Relaxed);
        }
    }

    /// The first marked word at or after `from`.
    pub(crate) fn next_marked(&self, from: usize) -> Option<usize> {
        self.next_where(from, |bits| bits)
    }

    /// The first word at or after `from` that is not marked.
    pub(crate) fn next_unmarked(&self, from: usize) -> Option<usize> {
        self.next_where(from, |bits| !bits)
    }

    /// The first word at or after `from` whose bit is set in what `see` makes of its cell.
    #[inline(always)]
    fn next_where(&self, from: usize, see: impl Fn(usize) -> usize) -> Option<usize> {
        let mut bit = (from - self.address()) / TAGGED_SIZE;
        if bit >= BITMAP_CELLS * BITS {
            return None;
        }
        let mut cell = bit / BITS;
        let mut bits = see(self.marking_bitmap[cell].load(Ordering::Relaxed)) & (usize::MAX << (bit % BITS));
        loop {
            if bits != 0 {
                bit = cell * BITS + bits.trailing_zeros() as usize;
                return Some(self.address() + bit * TAGGED_SIZE);
            }
            cell += 1;
            if cell == BITMAP_CELLS {
                return None;
            }
            bits = see(self.marking_bitmap[cell].load(Ordering::Relaxed));
        }
    }
}

impl MemoryChunk {
    /// All addresses of the chunk.
    #[must_use]
    pub fn region(&self) -> AddressRegion {
        AddressRegion::new(self.address(), self.size)
    }

    /// Where objects lie: behind the header, and between the guard pages if there are some.
    #[must_use]
    pub fn area(&self) -> AddressRegion {
        AddressRegion::new(self.area_start, self.area_end - self.area_start)
    }
}

impl core::fmt::Debug for MemoryChunk {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("MemoryChunk")
            .field("address", &format_args!("{:#x}", self.address()))
            .field("space", &self.space())
            .field("size", &self.size)
            .field("flags", &self.flags())
            .finish_non_exhaustive()
    }
}

described!(struct MemoryChunk { flags, space, size, area_start, area_end, top, live_bytes } skip {
    age_mark, observers, marking, old_to_new, short_way, marking_bitmap,
});

/// Bits that are set. One instruction a cell where there is one: compiled for any machine, it is a dozen.
fn count_ones(cells: &[AtomicUsize]) -> usize {
    #[inline]
    fn count(cells: &[AtomicUsize]) -> usize {
        cells.iter().map(|cell| cell.load(Ordering::Relaxed).count_ones() as usize).sum()
    }
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "popcnt")]
        fn count_with_popcnt(cells: &[AtomicUsize]) -> usize {
            count(cells)
        }
        if std::arch::is_x86_feature_detected!("popcnt") {
            // SAFETY: the machine has the instruction.
            return unsafe { count_with_popcnt(cells) };
        }
    }
    count(cells)
}
