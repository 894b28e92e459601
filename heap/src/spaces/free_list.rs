//! Owns [`FreeList`]: the unused blocks of a space's pages, listed by size in V8's 24 categories.
//! Promises that an allocation is served whenever a block is large enough, from a large block
//! rather than a close fit (so that linear allocation areas are long), and that blocks never
//! overlap and none is lost. Does not make blocks: the sweeper formats each as a free-space object
//! first, so that the page can be walked.
//!
//! A block, where the list finds what it needs:
//!
//! | bytes | 4-byte tagged words | 8-byte tagged words |
//! |---|---|---|
//! | 0.. | map, then as a Smi at 4 the bytes that follow 8 | map |
//! | 8.. | unused | as a Smi the bytes that follow 16 |
//! | 16.. | address of the next block | address of the next block |
//!
//! V8 counterpart: `FreeListManyCachedFastPath` (`src/heap/free-list.h`). V8 keeps a list of
//! categories a page; here a category is one list for the space, and
//! [`evict_if`](FreeList::evict_if) takes out the blocks of any number of pages in one walk. Its cache of the next category that
//! is not empty is a bit set here.

use core::ptr::with_exposed_provenance_mut;
#[cfg(feature = "pointer-compression")]
use core::sync::atomic::AtomicU32;
#[cfg(not(feature = "pointer-compression"))]
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::Relaxed;

use crate::memory::BytesByChunk;

/// Bytes of the smallest block a list can hold: up to the end of its link.
pub const MIN_BLOCK_SIZE: usize = 24;

/// The number of size categories.
pub(crate) const CATEGORIES: usize = 24;

/// Blocks that are looked at where there is memory elsewhere.
const SEARCHED_QUICKLY: usize = 16;

/// Blocks of the fast path exceed what was asked for by at least this, in bytes.
const FAST_PATH_SURPLUS: usize = 2048 - MIN_BLOCK_SIZE;

/// Objects up to this size, in bytes, fall back to blocks of at least
/// [`TINY_FALLBACK_BLOCK_SIZE`].
const TINY_OBJECT_SIZE: usize = 128;

const TINY_FALLBACK_BLOCK_SIZE: usize = 256;

const NEXT_OFFSET: usize = 16;

/// The end of a list; no block is at address 0.
const NIL: usize = 0;

/// The size in bytes of the smallest block of a category.
///
/// # Panics
///
/// If `category` is not below [`CATEGORIES`].
#[must_use]
pub(crate) const fn category_min(category: usize) -> usize {
    assert!(category < CATEGORIES);
    match category {
        0 => 24,
        1..=15 => (category + 1) * 16,
        _ => 256 << (category - 15),
    }
}

/// The category of blocks of `size` bytes; blocks below [`MIN_BLOCK_SIZE`] count as the smallest.
#[inline]
#[must_use]
pub(crate) const fn select_category(size: usize) -> usize {
    match size {
        0..32 => 0,
        32..512 => {
            let category = size / 16 - 1;
            if category < 15 { category } else { 15 }
        }
        512..65536 => size.ilog2() as usize + 7,
        _ => CATEGORIES - 1,
    }
}

/// The first category whose every block has `size` bytes; [`CATEGORIES`] if there is none.
#[inline]
const fn guaranteed_category(size: usize) -> usize {
    let category = select_category(size);
    if size <= category_min(category) { category } else { category + 1 }
}

/// The size in bytes that the free-space object at `address` says it has.
///
/// # Safety
///
/// A free-space object whose provenance is exposed starts at `address`.
#[inline]
#[must_use]
pub(crate) unsafe fn block_size(address: usize) -> usize {
    #[cfg(feature = "pointer-compression")]
    {
        let size: *mut u32 = with_exposed_provenance_mut(address + 4);
        // SAFETY: the caller promises a free-space object, whose second tagged word is an aligned
        // Smi; tagged words are accessed as relaxed atomics everywhere.
        let smi = unsafe { AtomicU32::from_ptr(size) }.load(Relaxed);
        (smi >> 1) as usize + 8
    }
    #[cfg(not(feature = "pointer-compression"))]
    {
        let size: *mut u64 = with_exposed_provenance_mut(address + 8);
        // SAFETY: the caller promises a free-space object, whose second tagged word is an aligned
        // Smi; tagged words are accessed as relaxed atomics everywhere.
        let smi = unsafe { AtomicU64::from_ptr(size) }.load(Relaxed);
        (smi >> 32) as usize + 16
    }
}

/// A pointer to the link of the block at `address`. Not aligned: with 4-byte tagged words, objects
/// are 4-byte aligned.
#[inline]
fn link(address: usize) -> *mut usize {
    with_exposed_provenance_mut(address + NEXT_OFFSET)
}

/// The free blocks of one space. All sizes and addresses are in bytes.
///
/// The list's links lie in the blocks, so that it takes no memory of its own. For memory that holds no objects,
/// [`format_block`](Self::format_block) makes a block of any bytes:
///
/// ```
/// use heapwright::SpaceId;
/// use heapwright::memory::{Cage, MB, MemoryAllocator};
/// use heapwright::spaces::FreeList;
///
/// let mut memory = MemoryAllocator::new(Cage::new()?, MB);
/// let chunk = memory.allocate_page(SpaceId::Old)?;
/// let mut list = FreeList::new();
/// let (start, size) = (chunk.area().begin(), chunk.area().size());
/// // SAFETY: the chunk is ours, nothing refers into it, and it is given back after the list's last use.
/// unsafe {
///     FreeList::format_block(start, size);
///     list.free(start, size);
/// }
/// let (address, got) = list.allocate(64).unwrap(); // all of it: who asks keeps what he needs
/// assert_eq!((address, got, list.available()), (start, size, 0));
/// // SAFETY: as above; these bytes are not in use.
/// unsafe {
///     FreeList::format_block(address + 64, got - 64);
///     list.free(address + 64, got - 64);
/// }
/// assert_eq!(list.available(), size - 64);
/// list.reset();
/// memory.free(chunk);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// **Invariant**: each block of the list is a free-space object of at least [`MIN_BLOCK_SIZE`]
/// bytes that belongs to this list alone, in the category of its size, and on no list twice.
/// [`free`](Self::free)'s callers uphold it from the moment a block is added.
#[derive(Debug)]
pub struct FreeList {
    heads: [usize; CATEGORIES],
    /// Bit `c` is set if category `c` has a block.
    nonempty: u32,
    available: usize,
    wasted: usize,
    by_chunk: BytesByChunk,
}

impl FreeList {
    /// How many lists of blocks of similar size there are.
    pub const CATEGORIES: usize = CATEGORIES;

    /// The category, below [`CATEGORIES`](Self::CATEGORIES), that blocks of `size` bytes are listed in. V8:
    /// `SelectFreeListCategoryType`.
    ///
    /// ```
    /// use heapwright::spaces::FreeList;
    ///
    /// assert_eq!([31, 32, 511, 512, 65_536].map(FreeList::category_of), [0, 1, 15, 16, 23]);
    /// ```
    #[must_use]
    pub const fn category_of(size: usize) -> usize {
        select_category(size)
    }

    /// The size in bytes of the smallest block of a category.
    ///
    /// # Panics
    ///
    /// If `category` is not below [`CATEGORIES`](Self::CATEGORIES).
    #[must_use]
    pub const fn category_min(category: usize) -> usize {
        category_min(category)
    }

    /// Writes into `size` free bytes at `address` how many they are, where the list looks for it. In a heap that is done by
    /// making them an object, so that its pages can be walked; this is for memory without objects.
    ///
    /// # Panics
    ///
    /// If `size` is below [`MIN_BLOCK_SIZE`] or above 512 MiB, or `address` is no multiple of a tagged word.
    ///
    /// # Safety
    ///
    /// The bytes are writable, their provenance is exposed, and nothing refers to them.
    pub unsafe fn format_block(address: usize, size: usize) {
        assert!((MIN_BLOCK_SIZE..=1 << 29).contains(&size), "{size} bytes are no block");
        assert!(address.is_multiple_of(crate::tagged::TAGGED_SIZE), "{address:#x} is not aligned to a tagged word");
        #[cfg(feature = "pointer-compression")]
        // SAFETY: the caller's contract: a block has more than two tagged words, and is aligned to them.
        unsafe {
            AtomicU32::from_ptr(with_exposed_provenance_mut(address + 4)).store((size as u32 - 8) << 1, Relaxed);
        }
        #[cfg(not(feature = "pointer-compression"))]
        // SAFETY: the caller's contract: a block has more than two tagged words, and is aligned to them.
        unsafe {
            AtomicU64::from_ptr(with_exposed_provenance_mut(address + 8)).store((size as u64 - 16) << 32, Relaxed);
        }
    }

    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self { heads: [NIL; CATEGORIES], nonempty: 0, available: 0, wasted: 0, by_chunk: BytesByChunk::new() }
    }

    /// Bytes in the blocks of the list.
    #[must_use]
    pub fn available(&self) -> usize {
        self.available
    }

    /// Bytes of blocks that were freed and are too small for the list.
    #[must_use]
    pub fn wasted(&self) -> usize {
        self.wasted
    }

    /// Has the list no block?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nonempty == 0
    }

    /// Forgets all blocks, and what was wasted.
    pub fn reset(&mut self) {
        *self = Self::new();
    }

    /// Adds the block of `size` bytes at `address`. Returns the bytes wasted: `size` if it is
    /// below [`MIN_BLOCK_SIZE`], in which case the block is only counted, else 0.
    ///
    /// # Safety
    ///
    /// From `size` bytes of [`MIN_BLOCK_SIZE`] on, a free-space object of exactly that size starts
    /// at `address`, or what [`format_block`](Self::format_block) makes, writable and with exposed provenance. It overlaps no block of the list, and
    /// stays mapped and otherwise untouched until it is allocated, evicted or forgotten by
    /// [`reset`](Self::reset).
    #[inline]
    pub unsafe fn free(&mut self, address: usize, size: usize) -> usize {
        if size < MIN_BLOCK_SIZE {
            self.wasted += size;
            return size;
        }
        debug_assert_eq!(
            // SAFETY: the caller promises a free-space object.
            unsafe { block_size(address) },
            size,
            "the block at {address:#x} is not formatted"
        );
        let category = select_category(size);
        // SAFETY: the caller gives the block, which has room for the link, to this list.
        unsafe { link(address).write_unaligned(self.heads[category]) };
        self.heads[category] = address;
        self.nonempty |= 1 << category;
        self.available += size;
        self.by_chunk.add(address, size);
        0
    }

    /// Takes a block of at least `size_in_bytes` off the list: its address and its size. The
    /// caller owns all of it, and frees what it does not need.
    ///
    /// Tried in order, so that what remains of the block is worth having: categories at least
    /// 2 KiB above the size; for tiny objects, categories from 256 bytes; every category that must
    /// fit; and only then, block by block, the category of the size itself.
    #[inline]
    pub fn allocate(&mut self, size_in_bytes: usize) -> Option<(usize, usize)> {
        let large = guaranteed_category(size_in_bytes.saturating_add(FAST_PATH_SURPLUS));
        if let Some(category) = self.first_nonempty_from(large) {
            return Some(self.pop(category));
        }
        self.allocate_slow(size_in_bytes, usize::MAX)
    }

    /// The same, but of the category of the size itself only a few blocks are looked at: there may be very many that are
    /// a little too small. For who can have memory elsewhere.
    #[inline]
    pub(crate) fn allocate_quickly(&mut self, size_in_bytes: usize) -> Option<(usize, usize)> {
        let large = guaranteed_category(size_in_bytes.saturating_add(FAST_PATH_SURPLUS));
        if let Some(category) = self.first_nonempty_from(large) {
            return Some(self.pop(category));
        }
        self.allocate_slow(size_in_bytes, SEARCHED_QUICKLY)
    }

    #[cold]
    fn allocate_slow(&mut self, size_in_bytes: usize, searched: usize) -> Option<(usize, usize)> {
        if size_in_bytes <= TINY_OBJECT_SIZE
            && let Some(category) = self.first_nonempty_from(select_category(TINY_FALLBACK_BLOCK_SIZE))
        {
            return Some(self.pop(category));
        }
        if let Some(category) = self.first_nonempty_from(guaranteed_category(size_in_bytes)) {
            return Some(self.pop(category));
        }
        self.search(select_category(size_in_bytes), size_in_bytes, searched)
    }

    /// Takes the blocks that start in `start..end` off the list, for a page that leaves the space
    /// or is to be evacuated. Returns their bytes.
    pub fn evict_range(&mut self, start: usize, end: usize) -> usize {
        self.evict_if(|address| (start..end).contains(&address))
    }

    /// Takes the blocks whose address `evict` accepts off the list, in one walk over all of it.
    /// Returns their bytes.
    pub fn evict_if(&mut self, mut evict: impl FnMut(usize) -> bool) -> usize {
        let mut evicted = 0;
        for category in 0..CATEGORIES {
            let mut previous = NIL;
            let mut block = self.heads[category];
            while block != NIL {
                // SAFETY: `block` is on the list, so it is intact by the list's invariant.
                let (next, size) = unsafe { (link(block).read_unaligned(), block_size(block)) };
                if evict(block) {
                    self.unlink(category, previous, (block, size), next);
                    evicted += size;
                } else {
                    previous = block;
                }
                block = next;
            }
        }
        evicted
    }

    /// Calls `visit` with the address and the size of each block, category by category.
    pub fn for_each(&self, mut visit: impl FnMut(usize, usize)) {
        for mut block in self.heads {
            while block != NIL {
                // SAFETY: `block` is on the list, so it is intact by the list's invariant.
                let (next, size) = unsafe { (link(block).read_unaligned(), block_size(block)) };
                visit(block, size);
                block = next;
            }
        }
    }

    #[inline]
    fn first_nonempty_from(&self, category: usize) -> Option<usize> {
        let candidates = self.nonempty >> category;
        (candidates != 0).then(|| category + candidates.trailing_zeros() as usize)
    }

    #[inline]
    fn pop(&mut self, category: usize) -> (usize, usize) {
        let block = self.heads[category];
        // SAFETY: `block` is on the list, as the category is not empty, so it is intact by the
        // list's invariant.
        let (next, size) = unsafe { (link(block).read_unaligned(), block_size(block)) };
        self.unlink(category, NIL, (block, size), next);
        (block, size)
    }

    /// Takes the first block of a category that has `size_in_bytes`, among so many.
    fn search(&mut self, category: usize, size_in_bytes: usize, most: usize) -> Option<(usize, usize)> {
        let mut previous = NIL;
        let mut block = self.heads[category];
        let mut left = most;
        while block != NIL && left > 0 {
            left -= 1;
            // SAFETY: `block` is on the list, so it is intact by the list's invariant.
            let (next, size) = unsafe { (link(block).read_unaligned(), block_size(block)) };
            if size >= size_in_bytes {
                self.unlink(category, previous, (block, size), next);
                return Some((block, size));
            }
            previous = block;
            block = next;
        }
        None
    }

    /// Joins `previous`, or the head if that is [`NIL`], with `next`, and thereby takes the block
    /// between them off the list.
    #[inline]
    fn unlink(&mut self, category: usize, previous: usize, (block, size): (usize, usize), next: usize) {
        if previous == NIL {
            self.heads[category] = next;
            if next == NIL {
                self.nonempty &= !(1 << category);
            }
        } else {
            // SAFETY: `previous` is on the list, so it is intact by the list's invariant.
            unsafe { link(previous).write_unaligned(next) };
        }
        self.available -= size;
        self.by_chunk.remove(block, size);
    }

    /// Bytes of the blocks, by the chunk that they are in.
    pub(crate) fn by_chunk(&self) -> &BytesByChunk {
        &self.by_chunk
    }
}

impl Default for FreeList {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const GRAIN: usize = if cfg!(feature = "pointer-compression") { 4 } else { 8 };

    /// Memory that no reference is ever made to, with its provenance exposed.
    struct Arena {
        begin: usize,
        size: usize,
    }

    impl Arena {
        fn new(size: usize) -> Self {
            let words = vec![0_u64; size / 8].into_boxed_slice();
            Self { begin: Box::into_raw(words).cast::<u64>().expose_provenance(), size }
        }

        /// Formats a block as the sweeper does, and gives its address.
        fn block(&self, offset: usize, size: usize) -> usize {
            assert!(offset + size <= self.size);
            let address = self.begin + offset;
            if size < MIN_BLOCK_SIZE {
                return address;
            }
            // SAFETY: the block is in the arena, and nothing refers to it.
            unsafe { FreeList::format_block(address, size) };
            address
        }
    }

    impl Drop for Arena {
        fn drop(&mut self) {
            let words: *mut u64 = with_exposed_provenance_mut(self.begin);
            let words = core::ptr::slice_from_raw_parts_mut(words, self.size / 8);
            // SAFETY: made by `Box::into_raw` in `new`, for a slice of that many words.
            drop(unsafe { Box::from_raw(words) });
        }
    }

    /// Frees blocks of these sizes one after the other, and gives their addresses.
    fn filled(arena: &Arena, list: &mut FreeList, sizes: &[usize]) -> Vec<usize> {
        let mut offset = 0;
        sizes
            .iter()
            .map(|&size| {
                let address = arena.block(offset, size);
                offset += size;
                // SAFETY: just formatted, disjoint from the others, and the arena stays.
                let wasted = unsafe { list.free(address, size) };
                assert_eq!(wasted, if size < MIN_BLOCK_SIZE { size } else { 0 });
                address
            })
            .collect()
    }

    #[test]
    fn categories_are_those_of_v8() {
        let expected = [
            24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 512, 1024, 2048, 4096, 8192,
            16384, 32768, 65536,
        ];
        let minima: Vec<_> = (0..CATEGORIES).map(category_min).collect();
        assert_eq!(minima, expected);
        for (size, category) in [
            (24, 0),
            (31, 0),
            (32, 1),
            (255, 14),
            (256, 15),
            (511, 15),
            (512, 16),
            (65535, 22),
            (65536, 23),
            (usize::MAX, 23),
        ] {
            assert_eq!(select_category(size), category, "{size}");
        }
        for size in MIN_BLOCK_SIZE..70_000 {
            let by_search = expected.iter().rposition(|&min| min <= size).unwrap();
            assert_eq!(select_category(size), by_search, "{size}");
            let guaranteed = expected.iter().position(|&min| min >= size).unwrap_or(CATEGORIES);
            assert_eq!(guaranteed_category(size), guaranteed, "{size}");
        }
    }

    #[test]
    fn fragments_are_wasted_and_counted() {
        let arena = Arena::new(4096);
        let mut list = FreeList::new();
        filled(&arena, &mut list, &[8, 16, 24, 64]);
        assert_eq!((list.wasted(), list.available()), (24, 88));
        list.reset();
        assert_eq!((list.wasted(), list.available(), list.is_empty()), (0, 0, true));
        assert_eq!(list.allocate(24), None);
    }

    #[test]
    fn large_blocks_come_before_close_fits() {
        let arena = Arena::new(16 * 1024);
        let mut list = FreeList::new();
        let blocks = filled(&arena, &mut list, &[64, 304, 4096, 2048]);
        assert_eq!(list.allocate(64), Some((blocks[2], 4096))); // surplus of 2 KiB
        assert_eq!(list.allocate(64), Some((blocks[1], 304))); // tiny, so from 256 bytes
        assert_eq!(list.allocate(64), Some((blocks[3], 2048)));
        assert_eq!(list.allocate(64), Some((blocks[0], 64))); // the exact category
        assert_eq!(list.allocate(64), None);
        assert_eq!((list.available(), list.is_empty()), (0, true));
    }

    #[test]
    fn last_resort_searches_the_category_of_the_size() {
        let arena = Arena::new(512 * 1024);
        let mut list = FreeList::new();
        let blocks = filled(&arena, &mut list, &[512, 1000, 600, 100_000, 200_000, 70_000]);
        assert_eq!(list.allocate(150_000), Some((blocks[4], 200_000)));
        assert_eq!(list.allocate(150_000), None);
        assert_eq!(list.allocate(usize::MAX), None);
        list.evict_range(blocks[3], arena.begin + arena.size);
        assert_eq!(list.allocate(1000), Some((blocks[1], 1000)));
        assert_eq!(list.allocate(1000), None);
        assert_eq!(list.available(), 1112);
    }

    #[test]
    fn eviction_takes_the_blocks_of_a_page() {
        let arena = Arena::new(64 * 1024);
        let mut list = FreeList::new();
        let sizes = [32, 32, 40, 4096, 32, 8192, 32];
        let blocks = filled(&arena, &mut list, &sizes);
        assert_eq!(list.evict_range(blocks[1], blocks[5]), 32 + 40 + 4096 + 32);
        let mut left = Vec::new();
        list.for_each(|address, size| left.push((address, size)));
        left.sort_unstable();
        assert_eq!(left, [(blocks[0], 32), (blocks[5], 8192), (blocks[6], 32)]);
        assert_eq!(list.available(), 8256);
        assert_eq!(list.evict_if(|_| true), 8256);
        assert!(list.is_empty());
    }

    #[derive(Clone, Debug)]
    enum Op {
        /// Frees the used block of this rank, cut to this size.
        Free(prop::sample::Index, usize),
        Allocate(usize),
        Evict(prop::sample::Index, usize),
    }

    fn size() -> impl Strategy<Value = usize> {
        prop_oneof![
            4 => 1..20_usize,
            4 => 1..200_usize,
            2 => 100..2000_usize,
            1 => 2000..20_000_usize,
        ]
        .prop_map(|grains| grains * GRAIN)
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            6 => (any::<prop::sample::Index>(), size()).prop_map(|(i, s)| Op::Free(i, s)),
            4 => size().prop_map(Op::Allocate),
            1 => (any::<prop::sample::Index>(), size()).prop_map(|(i, s)| Op::Evict(i, s)),
        ]
    }

    const ARENA: usize = 256 * 1024;

    proptest! {
        #[test]
        fn agrees_with_a_set_of_blocks(ops in prop::collection::vec(op(), 1..150)) {
            let arena = Arena::new(ARENA);
            let mut list = FreeList::new();
            // Offsets and sizes; together they tile the arena, but for what was wasted.
            let mut used = BTreeMap::from([(0, ARENA)]);
            let mut listed = BTreeMap::<usize, usize>::new();
            let mut wasted = 0;
            for op in ops {
                match op {
                    Op::Free(index, limit) => {
                        let Some((&offset, &size)) = (!used.is_empty())
                            .then(|| used.iter().nth(index.index(used.len())).unwrap())
                        else { continue };
                        used.remove(&offset);
                        let freed = size.min(limit);
                        if freed < size {
                            used.insert(offset + freed, size - freed);
                        }
                        let address = arena.block(offset, freed);
                        // SAFETY: formatted, and removed from the disjoint used blocks.
                        let lost = unsafe { list.free(address, freed) };
                        wasted += lost;
                        if lost == 0 {
                            listed.insert(offset, freed);
                        }
                    }
                    Op::Allocate(request) => {
                        let fits = listed.values().any(|&size| size >= request);
                        let got = list.allocate(request);
                        prop_assert_eq!(got.is_some(), fits);
                        if let Some((address, size)) = got {
                            prop_assert!(size >= request);
                            prop_assert_eq!(listed.remove(&(address - arena.begin)), Some(size));
                            used.insert(address - arena.begin, size);
                        }
                    }
                    Op::Evict(index, length) => {
                        let start = index.index(ARENA);
                        let range = start..start + length;
                        let gone: Vec<_> =
                            listed.range(range.clone()).map(|(&o, &s)| (o, s)).collect();
                        let bytes: usize = gone.iter().map(|block| block.1).sum();
                        let evicted = list
                            .evict_range(arena.begin + range.start, arena.begin + range.end);
                        prop_assert_eq!(evicted, bytes);
                        for (offset, size) in gone {
                            listed.remove(&offset);
                            used.insert(offset, size);
                        }
                    }
                }
                let mut blocks = BTreeMap::new();
                list.for_each(|address, size| {
                    assert!(blocks.insert(address - arena.begin, size).is_none());
                });
                prop_assert_eq!(&blocks, &listed);
                prop_assert_eq!(list.available(), listed.values().sum::<usize>());
                prop_assert_eq!(list.wasted(), wasted);
                prop_assert_eq!(list.is_empty(), listed.is_empty());
                let total: usize = used.values().chain(listed.values()).sum();
                prop_assert_eq!(total + wasted, ARENA);
            }
        }
    }
}
