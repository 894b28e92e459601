//! Owns [`LiveBytes`]: how many bytes of each chunk of a cage marking has found alive. Promises that counting is an addition
//! in a table as long as the heap reaches, 4 bytes a chunk.

use super::{CAGE_SIZE, CHUNK_SIZE};

/// Bytes by chunk; those of a large object count for the first chunk it lies in.
#[derive(Clone, Debug, Default)]
pub(crate) struct LiveBytes {
    /// In units of 4 bytes: of large objects there are up to 4 GiB.
    units: Vec<u32>,
}

const UNIT: usize = 4;

impl LiveBytes {
    const fn index(address: usize) -> usize {
        address % CAGE_SIZE / CHUNK_SIZE
    }

    /// Counts an object.
    #[inline(always)]
    pub(crate) fn add(&mut self, address: usize, bytes: usize) {
        let index = Self::index(address);
        if index >= self.units.len() {
            self.reach(index);
        }
        self.units[index] += (bytes / UNIT) as u32;
    }

    #[cold]
    #[inline(never)]
    fn reach(&mut self, index: usize) {
        self.units.resize(index + 1, 0);
    }

    /// Adds what another table has counted. Returns how much that is.
    pub(crate) fn add_all(&mut self, other: &LiveBytes) -> usize {
        if let Some(last) = other.units.len().checked_sub(1)
            && last >= self.units.len()
        {
            self.reach(last);
        }
        let each = self.units.iter_mut().zip(&other.units);
        each.map(|(mine, other)| {
            *mine += other;
            *other as usize * UNIT
        })
        .sum()
    }

    /// Counts an object no more.
    pub(crate) fn remove(&mut self, address: usize, bytes: usize) {
        self.units[Self::index(address)] -= (bytes / UNIT) as u32;
    }

    /// Of the chunk at an address.
    pub(crate) fn of(&self, chunk: usize) -> usize {
        self.units.get(Self::index(chunk)).map_or(0, |units| *units as usize * UNIT)
    }
}
