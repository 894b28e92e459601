//! Owns [`LiveBytes`]: how many bytes of each chunk of a cage marking has found alive. Promises that counting is an addition
//! in a table that is small where the heap is.

use super::chunk_set::CHUNKS;
use super::{CAGE_SIZE, CHUNK_SIZE};

/// Bytes by chunk; those of a large object count for the first chunk it lies in.
#[derive(Clone, Debug)]
pub(crate) struct LiveBytes {
    /// Of large objects there are up to 4 GiB.
    bytes: Box<[usize]>,
}

impl Default for LiveBytes {
    fn default() -> LiveBytes {
        LiveBytes { bytes: vec![0; CHUNKS].into() }
    }
}

impl LiveBytes {
    const fn index(address: usize) -> usize {
        address % CAGE_SIZE / CHUNK_SIZE
    }

    /// Counts an object.
    #[inline(always)]
    pub(crate) fn add(&mut self, address: usize, bytes: usize) {
        self.bytes[Self::index(address)] += bytes;
    }

    /// Adds what another table has counted. Returns how much that is.
    pub(crate) fn add_all(&mut self, other: &LiveBytes) -> usize {
        let each = self.bytes.iter_mut().zip(&other.bytes);
        each.map(|(mine, other)| {
            *mine += other;
            other
        })
        .sum()
    }

    /// Counts an object no more.
    pub(crate) fn remove(&mut self, address: usize, bytes: usize) {
        self.bytes[Self::index(address)] -= bytes;
    }

    /// Of the chunk at an address.
    pub(crate) fn of(&self, chunk: usize) -> usize {
        self.bytes[Self::index(chunk)]
    }
}
