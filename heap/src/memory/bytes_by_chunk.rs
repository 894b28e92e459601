//! Owns [`BytesByChunk`]: a sum of bytes for each chunk of a cage. Promises that counting is an addition in a table as long as the
//! heap reaches, 4 bytes a chunk.

use super::{CAGE_SIZE, CHUNK_SIZE};

/// Bytes by chunk.
#[derive(Clone, Debug, Default)]
pub(crate) struct BytesByChunk {
    bytes: Vec<u32>,
}

impl BytesByChunk {
    const fn index(address: usize) -> usize {
        address % CAGE_SIZE / CHUNK_SIZE
    }

    /// Counts bytes of the chunk that they are in.
    pub(crate) fn add(&mut self, address: usize, bytes: usize) {
        let index = Self::index(address);
        if index >= self.bytes.len() {
            self.bytes.resize(index + 1, 0);
        }
        self.bytes[index] += bytes as u32;
    }

    /// Of the chunk at an address.
    pub(crate) fn of(&self, chunk: usize) -> usize {
        self.bytes.get(Self::index(chunk)).map_or(0, |bytes| *bytes as usize)
    }
}
