//! Owns [`BytesByChunk`]: a sum of bytes for each chunk of a cage. Promises that counting is an addition in a table as long as the
//! heap reaches, 4 bytes a chunk.

use super::{CAGE_SIZE, CHUNK_SIZE};

/// Bytes by chunk.
#[derive(Clone, Debug, Default)]
pub(crate) struct BytesByChunk {
    bytes: Vec<u32>,
}

impl BytesByChunk {
    pub(crate) const fn new() -> BytesByChunk {
        BytesByChunk { bytes: Vec::new() }
    }

    const fn index(address: usize) -> usize {
        address % CAGE_SIZE / CHUNK_SIZE
    }

    /// Counts bytes of the chunk that they are in.
    pub(crate) fn add(&mut self, address: usize, bytes: usize) {
        let index = Self::index(address);
        if index >= self.bytes.len() {
            self.bytes.resize(index + 1, 0);
        }
        // Who has a free list of his own may have blocks anywhere: nobody asks for these sums.
        self.bytes[index] = self.bytes[index].wrapping_add(bytes as u32);
    }

    /// Takes back what was added.
    pub(crate) fn remove(&mut self, address: usize, bytes: usize) {
        let bytes_of = &mut self.bytes[Self::index(address)];
        *bytes_of = bytes_of.wrapping_sub(bytes as u32);
    }

    /// Of the chunk at an address.
    pub(crate) fn of(&self, chunk: usize) -> usize {
        self.bytes.get(Self::index(chunk)).map_or(0, |bytes| *bytes as usize)
    }
}
