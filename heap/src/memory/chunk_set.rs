//! Owns [`ChunkSet`]: chunks of one cage, and [`AtomicChunkSet`], which threads share. Promises that a question is a load and a bit test in 2 KiB of memory, which stay in
//! the first-level cache.
//!
//! The headers of chunks say as much. But they all lie at multiples of 256 KiB, so they share a few sets of each cache: to
//! ask the headers of as many chunks as there are in a heap is to miss nearly every time. The collector's inner loops ask
//! a set instead, made at the beginning.

use super::{CAGE_SIZE, CHUNK_SIZE};
use core::sync::atomic::{AtomicU64, Ordering};

pub(super) const CHUNKS: usize = CAGE_SIZE / CHUNK_SIZE;

/// Chunks of one cage.
#[derive(Clone, Debug)]
pub(crate) struct ChunkSet {
    bits: [u64; CHUNKS / 64],
}

impl ChunkSet {
    pub(crate) const EMPTY: ChunkSet = ChunkSet { bits: [0; CHUNKS / 64] };

    /// Which word and which bit stand for the chunk that an address is in; cages are aligned to their size.
    #[inline(always)]
    const fn place(address: usize) -> (usize, u64) {
        let chunk = address % CAGE_SIZE / CHUNK_SIZE;
        (chunk / 64, 1 << (chunk % 64))
    }

    /// Adds the chunk that an address is in.
    pub(crate) const fn insert(&mut self, address: usize) {
        let (word, bit) = Self::place(address);
        self.bits[word] |= bit;
    }

    /// Adds all that are in another set.
    pub(crate) fn add_all(&mut self, other: &ChunkSet) {
        self.bits.iter_mut().zip(other.bits).for_each(|(mine, other)| *mine |= other);
    }

    pub(crate) const fn remove(&mut self, address: usize) {
        let (word, bit) = Self::place(address);
        self.bits[word] &= !bit;
    }

    /// Whether the chunk that an address is in is here; of a large object, only the first 256 KiB are.
    #[inline(always)]
    pub(crate) const fn contains(&self, address: usize) -> bool {
        let (word, bit) = Self::place(address);
        self.bits[word] & bit != 0
    }
}

/// The same, to be added to by several threads. Says who was first, and publishes nothing else.
#[derive(Debug)]
pub(crate) struct AtomicChunkSet {
    bits: [AtomicU64; CHUNKS / 64],
}

impl AtomicChunkSet {
    pub(crate) const fn new() -> AtomicChunkSet {
        AtomicChunkSet { bits: [const { AtomicU64::new(0) }; CHUNKS / 64] }
    }

    /// Adds the chunk that an address is in; whether it was not here before.
    pub(crate) fn insert(&self, address: usize) -> bool {
        let (word, bit) = ChunkSet::place(address);
        self.bits[word].fetch_or(bit, Ordering::Relaxed) & bit == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_told_apart_whatever_the_cage() {
        let mut set = ChunkSet::EMPTY;
        let chunks = [0, 1, 63, 64, 5000, CHUNKS - 1];
        for (i, chunk) in chunks.into_iter().enumerate() {
            set.insert(3 * CAGE_SIZE + chunk * CHUNK_SIZE + i * 8);
        }
        for chunk in 0..CHUNKS {
            let (first, last) = (chunk * CHUNK_SIZE, (chunk + 1) * CHUNK_SIZE - 8);
            assert_eq!(set.contains(first), chunks.contains(&chunk), "{chunk}");
            assert_eq!(set.contains(last), chunks.contains(&chunk), "{chunk}");
        }
        set.remove(64 * CHUNK_SIZE);
        assert!(!set.contains(64 * CHUNK_SIZE) && set.contains(63 * CHUNK_SIZE));
    }
}
