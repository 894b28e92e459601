//! Addresses of objects as the verifier looks them up, each reference of the heap once: a bit for each word of a chunk. What that
//! costs decides how long a suite takes whose heaps are verified at each collection.

use crate::memory::CHUNK_SIZE;
use crate::tagged::TAGGED_SIZE;

/// Words of a chunk.
const BITS: usize = CHUNK_SIZE / TAGGED_SIZE;

type Bits = Box<[u64; BITS / 64]>;

/// A set of addresses of objects. Any number may be looked up, whether or not it could be one.
pub(super) struct AddressSet {
    /// The lowest chunk.
    base: usize,
    /// Each `CHUNK_SIZE` from there on, if an address lies there.
    chunks: Vec<Option<Bits>>,
}

impl AddressSet {
    /// The empty set, for addresses of these chunks.
    pub(super) fn of_chunks(chunks: impl Iterator<Item = usize> + Clone) -> AddressSet {
        let (base, last) = (chunks.clone().min().unwrap_or(0), chunks.max().unwrap_or(0));
        AddressSet { base, chunks: vec![None; (last - base) / CHUNK_SIZE + 1] }
    }

    /// The chunk, the word of bits there, and the bit, of an address that an object may have.
    fn place(&self, address: usize) -> Option<(usize, usize, u64)> {
        if !address.is_multiple_of(TAGGED_SIZE) {
            return None;
        }
        let offset = address.checked_sub(self.base)?;
        let bit = offset % CHUNK_SIZE / TAGGED_SIZE;
        Some((offset / CHUNK_SIZE, bit / 64, 1 << (bit % 64)))
    }

    /// Adds an address that lies in the first `CHUNK_SIZE` bytes of one of the chunks.
    pub(super) fn insert(&mut self, address: usize) {
        let (chunk, word, bit) = self.place(address).expect("the address of an object");
        self.chunks[chunk].get_or_insert_with(|| Box::new([0; BITS / 64]))[word] |= bit;
    }

    pub(super) fn contains(&self, address: usize) -> bool {
        let Some((chunk, word, bit)) = self.place(address) else { return false };
        self.chunks.get(chunk).is_some_and(|bits| bits.as_ref().is_some_and(|bits| bits[word] & bit != 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_found_and_nothing_else() {
        let chunks = [5 * CHUNK_SIZE, 3 * CHUNK_SIZE, 9 * CHUNK_SIZE];
        let mut set = AddressSet::of_chunks(chunks.into_iter());
        let added =
            [3 * CHUNK_SIZE, 4 * CHUNK_SIZE - TAGGED_SIZE, 5 * CHUNK_SIZE + 64 * TAGGED_SIZE, 9 * CHUNK_SIZE + 8];
        added.into_iter().for_each(|address| set.insert(address));
        for address in (0..12 * CHUNK_SIZE).chain(usize::MAX - 20..=usize::MAX) {
            assert_eq!(set.contains(address), added.contains(&address), "{address:#x}");
        }
        assert!(!AddressSet::of_chunks([].into_iter()).contains(0));
    }
}
