//! Owns [`SlotSet`]: one remembered set of one chunk, the slots in it that point to where a
//! collection must look. Promises that inserting is no more than a load, a shift and an `or` once the
//! slot's bucket exists, that memory is spent only on parts of the chunk that have slots, or four times as much at the most, and that
//! visiting goes by ascending address. Never touches the slots themselves.
//!
//! Buckets are found through a table as long as few of them are there. When most are, [`SlotSet::settle`] lays them out in one
//! piece: no table has to be asked then, and they lie closer together in the cache, where random stores into a large array
//! spend most of their barrier's time.
//!
//! A set belongs to the thread that owns its chunk, and so needs no atomics: it is `Send` and not
//! `Sync`. Buckets appear through `&self`, and vanish and move only through `&mut self`, so a callback may
//! insert while the set is being visited.
//!
//! V8 counterpart: `SlotSet` (`src/heap/slot-set.h`), which always has a table.

use crate::tagged::TAGGED_SIZE;
use core::cell::{Cell, OnceCell};

const CELLS_PER_BUCKET: usize = 32;
const BITS_PER_CELL: usize = u32::BITS as usize;

/// What becomes of a slot that [`SlotSet::iterate`] visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotAction {
    /// It stays in the set.
    Keep,
    /// It leaves the set.
    Remove,
}

/// 1024 slots, one bit each.
type Bucket = [Cell<u32>; CELLS_PER_BUCKET];

fn is_empty(bucket: &Bucket) -> bool {
    bucket.iter().all(|cell| cell.get() == 0)
}

/// Clears the bits `from..to` of a bucket.
fn clear_range(bucket: &Bucket, from: usize, to: usize) {
    let cells = from / BITS_PER_CELL..to.div_ceil(BITS_PER_CELL);
    for (index, cell) in cells.clone().zip(&bucket[cells]) {
        let first = index * BITS_PER_CELL;
        let low = from.saturating_sub(first);
        let high = (to - first).min(BITS_PER_CELL);
        let cleared = ((1_u64 << high) - (1_u64 << low)) as u32;
        cell.set(cell.get() & !cleared);
    }
}

/// Where the buckets are.
#[derive(Debug)]
enum Buckets {
    /// Each by itself, made for its first slot.
    Few(Box<[OnceCell<Box<Bucket>>]>),
    /// All in one piece.
    Most(Box<[Bucket]>),
}

/// A set of slots of one chunk, each named by its offset from the chunk's start in bytes.
#[derive(Debug)]
pub struct SlotSet {
    buckets: Buckets,
    slot_size_log2: u32,
}

impl SlotSet {
    /// Slots in a bucket.
    pub const SLOTS_PER_BUCKET: usize = CELLS_PER_BUCKET * BITS_PER_CELL;

    /// Bytes that an allocated bucket takes.
    pub const BUCKET_SIZE: usize = size_of::<Bucket>();

    /// The buckets a chunk of `chunk_bytes` with slots of `slot_size` bytes has room for.
    #[must_use]
    pub const fn buckets_for_size(chunk_bytes: usize, slot_size: usize) -> usize {
        chunk_bytes.div_ceil(slot_size * Self::SLOTS_PER_BUCKET)
    }

    /// An empty set for a chunk of `chunk_bytes` with slots of `slot_size` bytes.
    ///
    /// # Panics
    ///
    /// If `slot_size` is no power of two.
    #[must_use]
    pub fn new(chunk_bytes: usize, slot_size: usize) -> Self {
        assert!(slot_size.is_power_of_two(), "slot size {slot_size} is no power of two");
        let buckets = Self::buckets_for_size(chunk_bytes, slot_size);
        let few = (0..buckets).map(|_| OnceCell::new()).collect();
        Self { buckets: Buckets::Few(few), slot_size_log2: slot_size.trailing_zeros() }
    }

    /// Adds the slot at `offset` bytes.
    ///
    /// # Panics
    ///
    /// If `offset` is outside the chunk.
    pub fn insert(&self, offset: usize) {
        self.insert_slot(self.slot_of(offset));
    }

    /// The same for a set that lies behind the write barrier.
    ///
    /// # Safety
    ///
    /// The set was made for slots of [`TAGGED_SIZE`], and the one at `offset` is in the chunk.
    #[inline(always)]
    pub(crate) unsafe fn insert_tagged(&self, offset: usize) {
        let slot = offset / TAGGED_SIZE;
        debug_assert!(1 << self.slot_size_log2 == TAGGED_SIZE && slot / Self::SLOTS_PER_BUCKET < self.bucket_count());
        match &self.buckets {
            Buckets::Most(buckets) => {
                // SAFETY: the caller's contract: the chunk has that slot, and there is a bucket for each of the chunk's.
                let cell = unsafe { buckets.as_flattened().get_unchecked(slot / BITS_PER_CELL) };
                let bit = bit_of(slot);
                // The set has this form because many slots stayed in it, so this one mostly is there: the line need not be written.
                if cell.get() & bit == 0 {
                    cell.set(cell.get() | bit);
                }
            }
            // SAFETY: as above.
            Buckets::Few(buckets) => match unsafe { buckets.get_unchecked(slot / Self::SLOTS_PER_BUCKET) }.get() {
                Some(bucket) => insert_into(bucket, slot),
                None => self.insert_slot(slot),
            },
        }
    }

    /// Where nobody waits for it, or there is no bucket yet.
    #[cold]
    #[inline(never)]
    fn insert_slot(&self, slot: usize) {
        insert_into(self.bucket_or_create(slot / Self::SLOTS_PER_BUCKET), slot);
    }

    /// Is the slot at `offset` bytes in the set?
    #[inline]
    #[must_use]
    pub fn contains(&self, offset: usize) -> bool {
        let slot = self.slot_of(offset);
        let (cell, mask) = cell_and_mask(slot);
        self.bucket(slot / Self::SLOTS_PER_BUCKET).is_some_and(|bucket| bucket[cell].get() & mask != 0)
    }

    /// Takes the slot at `offset` bytes out of the set, if it is in it.
    #[inline]
    pub fn remove(&self, offset: usize) {
        let slot = self.slot_of(offset);
        let (cell, mask) = cell_and_mask(slot);
        if let Some(bucket) = self.bucket(slot / Self::SLOTS_PER_BUCKET) {
            let cell = &bucket[cell];
            cell.set(cell.get() & !mask);
        }
    }

    /// Takes all slots from offset `start` to before offset `end`, in bytes, out of the set.
    /// What lies beyond the chunk is ignored.
    pub fn remove_range(&self, start: usize, end: usize) {
        let end = self.slot_of(end).min(self.bucket_count() * Self::SLOTS_PER_BUCKET);
        let mut slot = self.slot_of(start);
        while slot < end {
            let first = slot - slot % Self::SLOTS_PER_BUCKET;
            let next = first + Self::SLOTS_PER_BUCKET;
            if let Some(bucket) = self.bucket(slot / Self::SLOTS_PER_BUCKET) {
                clear_range(bucket, slot - first, next.min(end) - first);
            }
            slot = next;
        }
    }

    /// Calls `callback` with the offset in bytes of each slot, in ascending order, and does with
    /// the slot what it returns. Returns how many it kept.
    ///
    /// The callback may insert into and remove from this very set. A slot inserted ahead of the
    /// visit is visited, one behind it is not, and stays without being counted. Emptied buckets
    /// stay until [`settle`](Self::settle).
    pub fn iterate(&self, callback: impl FnMut(usize) -> SlotAction) -> usize {
        self.iterate_ahead(|_| {}, callback)
    }

    /// The same, calling `ahead` with the slots of the next cell, of 32 slots, before `callback` with those of one: what
    /// they refer to can be on its way to the cache meanwhile.
    #[inline(always)]
    pub(crate) fn iterate_ahead(
        &self,
        mut ahead: impl FnMut(usize),
        mut callback: impl FnMut(usize) -> SlotAction,
    ) -> usize {
        let mut kept = 0;
        for bucket_index in 0..self.bucket_count() {
            let Some(bucket) = self.bucket(bucket_index) else { continue };
            let offset_of = |cell: usize, bit: u32| {
                (bucket_index * Self::SLOTS_PER_BUCKET + cell * BITS_PER_CELL + bit as usize) << self.slot_size_log2
            };
            let mut look = |cell: usize| {
                let mut pending = bucket.get(cell).map_or(0, Cell::get);
                while pending != 0 {
                    ahead(offset_of(cell, pending.trailing_zeros()));
                    pending &= pending - 1;
                }
            };
            look(0);
            for (cell_index, cell) in bucket.iter().enumerate() {
                look(cell_index + 1);
                let mut pending = cell.get();
                while pending != 0 {
                    let bit = pending.trailing_zeros();
                    let mask = 1 << bit;
                    match callback(offset_of(cell_index, bit)) {
                        SlotAction::Keep => kept += 1,
                        SlotAction::Remove => cell.set(cell.get() & !mask),
                    }
                    let visited = mask | (mask - 1);
                    pending = cell.get() & !visited;
                }
            }
        }
        kept
    }

    /// Is no slot in the set?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.allocated().all(is_empty)
    }

    /// The number of slots in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.allocated().flatten().map(|cell| cell.get().count_ones() as usize).sum()
    }

    /// Gives the set the form that fits what is in it: when more than half of the buckets have slots, all of them lie in one piece;
    /// when fewer than a quarter have, each by itself, and those without slots are freed. Returns whether any slot is left.
    pub fn settle(&mut self) -> bool {
        let count = self.bucket_count();
        let used = self.allocated().filter(|bucket| !is_empty(bucket)).count();
        match &mut self.buckets {
            Buckets::Few(_) if used > count / 2 => {
                self.buckets =
                    Buckets::Most((0..count).map(|index| self.bucket(index).cloned().unwrap_or_default()).collect());
            }
            Buckets::Few(buckets) => {
                let unused = |bucket: &mut OnceCell<Box<Bucket>>| bucket.get().is_some_and(|bucket| is_empty(bucket));
                buckets
                    .iter_mut()
                    .filter_map(|bucket| unused(bucket).then_some(bucket))
                    .for_each(|bucket| *bucket = OnceCell::new());
            }
            Buckets::Most(buckets) if used < count / 4 => {
                let kept = |bucket: &Bucket| match is_empty(bucket) {
                    true => OnceCell::new(),
                    false => OnceCell::from(Box::new(bucket.clone())),
                };
                self.buckets = Buckets::Few(buckets.iter().map(kept).collect());
            }
            Buckets::Most(_) => {}
        }
        used > 0
    }

    /// The buckets the set has room for, allocated or not.
    #[must_use]
    pub fn bucket_count(&self) -> usize {
        match &self.buckets {
            Buckets::Few(buckets) => buckets.len(),
            Buckets::Most(buckets) => buckets.len(),
        }
    }

    /// The buckets that take [`BUCKET_SIZE`](Self::BUCKET_SIZE) bytes of memory each.
    #[must_use]
    pub fn allocated_bucket_count(&self) -> usize {
        self.allocated().count()
    }

    #[inline]
    fn slot_of(&self, offset: usize) -> usize {
        debug_assert!(offset.trailing_zeros() >= self.slot_size_log2, "{offset} is no multiple of the slot size");
        offset >> self.slot_size_log2
    }

    #[inline]
    fn bucket(&self, index: usize) -> Option<&Bucket> {
        match &self.buckets {
            Buckets::Few(buckets) => buckets.get(index)?.get().map(Box::as_ref),
            Buckets::Most(buckets) => buckets.get(index),
        }
    }

    #[inline]
    fn bucket_or_create(&self, index: usize) -> &Bucket {
        match &self.buckets {
            Buckets::Few(buckets) => buckets[index].get_or_init(Box::default),
            Buckets::Most(buckets) => &buckets[index],
        }
    }

    fn allocated(&self) -> impl Iterator<Item = &Bucket> {
        (0..self.bucket_count()).filter_map(|index| self.bucket(index))
    }
}

/// Where the bit of `slot` is in its bucket: the cell's index and the bit in it.
#[inline]
fn cell_and_mask(slot: usize) -> (usize, u32) {
    (slot / BITS_PER_CELL % CELLS_PER_BUCKET, bit_of(slot))
}

/// The bit of `slot` in its cell.
#[inline]
fn bit_of(slot: usize) -> u32 {
    1 << (slot % BITS_PER_CELL)
}

/// Adds a slot, of which the lowest bits say where in its bucket it is.
#[inline(always)]
fn insert_into(bucket: &Bucket, slot: usize) {
    let (cell, bit) = cell_and_mask(slot);
    // Without a look whether it is there: while a set is being filled, that is a branch nobody can predict.
    bucket[cell].set(bucket[cell].get() | bit);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const CHUNK: usize = 256 * 1024;

    fn contents(set: &SlotSet) -> Vec<usize> {
        let mut offsets = Vec::new();
        set.iterate(|offset| {
            offsets.push(offset);
            SlotAction::Keep
        });
        offsets
    }

    #[test]
    fn numbers_are_those_of_v8() {
        assert_eq!(SlotSet::SLOTS_PER_BUCKET, 1024);
        assert_eq!(SlotSet::BUCKET_SIZE, 128);
        assert_eq!(SlotSet::new(CHUNK, 4).bucket_count(), 64);
        assert_eq!(SlotSet::new(CHUNK, 8).bucket_count(), 32);
        assert_eq!(SlotSet::new(CHUNK + 1, 8).bucket_count(), 33);
        assert_eq!(SlotSet::new(16 * CHUNK, 4).bucket_count(), 1024);
    }

    #[test]
    fn first_and_last_slot_of_a_chunk() {
        for slot_size in [4, 8] {
            let set = SlotSet::new(CHUNK, slot_size);
            assert!(set.is_empty());
            for offset in [0, slot_size, 31 * slot_size, 32 * slot_size, CHUNK - slot_size] {
                assert!(!set.contains(offset));
                set.insert(offset);
                set.insert(offset);
                assert!(set.contains(offset));
            }
            assert_eq!((set.len(), set.allocated_bucket_count()), (5, 2));
            assert!(!set.contains(CHUNK));
            set.remove(CHUNK);
        }
    }

    #[test]
    #[should_panic(expected = "index out of bounds")]
    fn insert_beyond_the_chunk_is_refused() {
        SlotSet::new(CHUNK, 4).insert(CHUNK);
    }

    #[test]
    fn buckets_come_when_needed_and_go_when_empty() {
        let mut set = SlotSet::new(CHUNK, 8);
        assert_eq!(set.allocated_bucket_count(), 0);
        set.insert(0);
        set.insert(8 * 1024);
        assert_eq!(set.allocated_bucket_count(), 2);
        set.remove(0);
        assert!(set.settle());
        assert_eq!(set.allocated_bucket_count(), 1);
        assert_eq!(contents(&set), [8 * 1024]);
        let kept = set.iterate(|_| SlotAction::Remove);
        assert_eq!((kept, set.is_empty(), set.settle()), (0, true, false));
        assert_eq!(set.allocated_bucket_count(), 0);
    }

    #[test]
    fn most_buckets_lie_in_one_piece_and_few_by_themselves() {
        let mut set = SlotSet::new(CHUNK, 4);
        let slots: Vec<_> = (0..33).map(|bucket| bucket * 4096 + 40).collect();
        slots[..32].iter().for_each(|slot| set.insert(*slot));
        assert!(set.settle());
        assert_eq!(set.allocated_bucket_count(), 32, "half of them is not most");
        set.insert(slots[32]);
        assert!(set.settle());
        assert_eq!((set.allocated_bucket_count(), contents(&set)), (64, slots.clone()));
        slots[16..].iter().for_each(|slot| set.remove(*slot));
        assert!(set.settle());
        assert_eq!(set.allocated_bucket_count(), 64, "a quarter is not few");
        set.remove(slots[15]);
        assert!(set.settle());
        assert_eq!((set.allocated_bucket_count(), contents(&set)), (15, slots[..15].to_vec()));
    }

    #[test]
    #[should_panic(expected = "index out of bounds")]
    fn insert_beyond_the_chunk_is_refused_in_one_piece_too() {
        let mut set = SlotSet::new(CHUNK, 4);
        (0..64).for_each(|bucket| set.insert(bucket * 4096));
        set.settle();
        set.insert(CHUNK);
    }

    #[test]
    fn callback_may_insert_and_remove() {
        let set = SlotSet::new(CHUNK, 4);
        for offset in [400, 404, 8192] {
            set.insert(offset);
        }
        let mut visited = Vec::new();
        let kept = set.iterate(|offset| {
            visited.push(offset);
            if offset == 400 {
                set.insert(0); // behind
                set.insert(412); // ahead, same cell
                set.insert(CHUNK - 4); // ahead, new bucket
                set.remove(8192);
            }
            SlotAction::Remove
        });
        assert_eq!(visited, [400, 404, 412, CHUNK - 4]);
        assert_eq!((kept, contents(&set)), (0, vec![0]));
    }

    #[test]
    fn nested_visits_are_fine() {
        let set = SlotSet::new(CHUNK, 4);
        for slot in 0..40 {
            set.insert(slot * 4);
        }
        let mut outer = 0;
        set.iterate(|_| {
            outer += 1;
            set.iterate(|_| SlotAction::Remove);
            SlotAction::Keep
        });
        assert_eq!((outer, set.is_empty()), (1, true));
    }

    #[test]
    fn set_moves_between_threads() {
        let set = SlotSet::new(CHUNK, 4);
        set.insert(16);
        std::thread::spawn(move || assert!(set.contains(16))).join().unwrap();
    }

    #[derive(Clone, Debug)]
    enum Op {
        Insert(usize),
        Remove(usize),
        RemoveRange(usize, usize),
        Filter(usize),
        Settle,
    }

    fn op(slots: usize) -> impl Strategy<Value = Op> {
        prop_oneof![
            8 => (0..slots).prop_map(Op::Insert),
            2 => (0..slots).prop_map(Op::Remove),
            1 => (0..=slots, 0..=slots).prop_map(|(a, b)| Op::RemoveRange(a.min(b), a.max(b))),
            1 => (0..slots, 0..100_usize)
                .prop_map(move |(a, n)| Op::RemoveRange(a, (a + n).min(slots))),
            1 => (2..5_usize).prop_map(Op::Filter),
            2 => Just(Op::Settle),
        ]
    }

    proptest! {
        #[test]
        fn agrees_with_a_set_of_offsets(
            wide in any::<bool>(),
            ops in prop::collection::vec(op(4096), 1..200),
        ) {
            let size = if wide { 8 } else { 4 };
            let mut set = SlotSet::new(4096 * size, size);
            let (mut model, mut in_one_piece) = (BTreeSet::new(), false);
            for op in ops {
                match op {
                    Op::Insert(slot) if size == TAGGED_SIZE => {
                        // SAFETY: a slot of the set, of that size.
                        unsafe { set.insert_tagged(slot * size) };
                        model.insert(slot * size);
                    }
                    Op::Insert(slot) => {
                        set.insert(slot * size);
                        model.insert(slot * size);
                    }
                    Op::Remove(slot) => {
                        set.remove(slot * size);
                        model.remove(&(slot * size));
                    }
                    Op::RemoveRange(start, end) => {
                        set.remove_range(start * size, end * size);
                        model.retain(|offset| !(start * size..end * size).contains(offset));
                    }
                    Op::Filter(modulus) => {
                        let keep = |offset: usize| !(offset / size).is_multiple_of(modulus);
                        let kept = set.iterate(|offset| {
                            if keep(offset) { SlotAction::Keep } else { SlotAction::Remove }
                        });
                        model.retain(|&offset| keep(offset));
                        prop_assert_eq!(kept, model.len());
                    }
                    Op::Settle => {
                        let used: BTreeSet<_> =
                            model.iter().map(|offset| offset / (size * 1024)).collect();
                        prop_assert_eq!(set.settle(), !model.is_empty());
                        in_one_piece = used.len() > if in_one_piece { 0 } else { 2 };
                        let allocated = if in_one_piece { 4 } else { used.len() };
                        prop_assert_eq!(set.allocated_bucket_count(), allocated);
                    }
                }
                prop_assert!(contents(&set).iter().eq(&model));
                prop_assert_eq!(set.len(), model.len());
                prop_assert_eq!(set.is_empty(), model.is_empty());
            }
        }
    }
}
