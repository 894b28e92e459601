//! The map of a heap's pages: each chunk as plain data.

use crate::handles::HandleScope;
use crate::heap::Heap;
use crate::isolate::Isolate;
use crate::memory::{AddressRegion, ChunkFlags, KB, MemoryChunk};
use crate::spaces::SpaceId;
use std::collections::BTreeMap;

/// A chunk of a heap at one moment, from [`HandleScope::chunks`]. All numbers are bytes, and all addresses absolute. V8: what
/// its `MemoryChunk` and `PageMetadata` say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChunkInfo {
    /// All addresses of the chunk, a multiple of [`CHUNK_SIZE`](crate::memory::CHUNK_SIZE).
    pub region: AddressRegion,
    /// Those that objects may have: behind the header, and between guard pages if it holds code.
    pub area: AddressRegion,
    /// The space it belongs to.
    pub space: SpaceId,
    /// What the write barrier and the collector know of it.
    pub flags: ChunkFlags,
    /// Bytes of the area that objects take, dead ones included, and what is too small to be used.
    pub used: usize,
    /// Bytes of the area that may be allocated from. In a young chunk that is full, or that waits to be evacuated into, 0.
    pub available: usize,
    /// Bytes of objects that the last full collection found alive here; 0 of a chunk that none has seen.
    pub live_bytes: usize,
}

impl ChunkInfo {
    /// Is this address in the chunk?
    #[must_use]
    pub const fn contains(&self, address: usize) -> bool {
        self.region.contains(address)
    }
}

impl core::fmt::Display for ChunkInfo {
    /// `0x7f3500040000 old_space    256 KiB  37 % used`.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let percent = self.used * 100 / self.area.size().max(1);
        let (address, space, size) = (self.region.begin(), self.space, self.region.size() / KB);
        write!(f, "{address:#x} {space:<23} {size:>8} KiB {percent:>3} % used")
    }
}

impl Heap {
    /// The ranges outside the young generation that may be allocated from.
    pub(super) fn for_each_available(&self, mut visit: impl FnMut(usize, usize)) {
        for space in [&self.read_only_space, &self.map_space, &self.old_space] {
            space.for_each_available(&mut visit);
        }
        self.code_space.for_each_available(&mut visit);
    }

    fn chunk_infos(&self) -> Vec<ChunkInfo> {
        // Bytes that may be allocated from, by the address of the chunk that begins last before them.
        let mut available: BTreeMap<usize, usize> = BTreeMap::new();
        let young = self.new_space.committed_chunks();
        let chunks: Vec<_> =
            self.all_chunks().into_iter().filter(|chunk| chunk.space() != SpaceId::New).chain(young).collect();
        available.extend(chunks.iter().map(|chunk| (chunk.address(), 0)));
        let mut add = |address: usize, size: usize| {
            if let Some((_, bytes)) = available.range_mut(..=address).next_back() {
                *bytes += size;
            }
        };
        self.for_each_available(&mut add);
        add(self.new_space.lab.top(), self.new_space.lab.available());
        let in_use = self.new_space.chunks();
        let info = |chunk: &MemoryChunk| {
            let (area, space) = (chunk.area(), chunk.space());
            let available = available.get(&chunk.address()).copied().unwrap_or(0);
            let used = match space {
                SpaceId::ReadOnly | SpaceId::Old | SpaceId::Map | SpaceId::Code => area.size() - available,
                SpaceId::New if in_use.last().is_some_and(|last| core::ptr::eq(*last, chunk)) => {
                    self.new_space.lab.top() - area.begin()
                }
                SpaceId::New if !in_use.iter().any(|used| core::ptr::eq(*used, chunk)) => 0,
                _ => chunk.top() - area.begin(),
            };
            let (region, flags, live_bytes) = (chunk.region(), chunk.flags(), chunk.live_bytes());
            ChunkInfo { region, area, space, flags, used, available, live_bytes }
        };
        let mut infos: Vec<_> = chunks.into_iter().map(info).collect();
        infos.sort_unstable_by_key(|chunk| chunk.region.begin());
        infos
    }
}

impl HandleScope<'_> {
    /// All chunks that the heap holds, by ascending address: those of all spaces, both halves of the young generation
    /// included. Freed ones in the pool are not among them. Walks free lists, and no objects. The one that an address is in is
    /// found with [`ChunkInfo::contains`] (V8: `LookupChunkContainingAddress`).
    ///
    /// ```
    /// # use heapwright::prelude::*;
    /// use heapwright::SpaceId;
    ///
    /// # let mut isolate = Isolate::builder().build()?;
    /// # let scope = isolate.enter();
    /// for chunk in scope.chunks() {
    ///     println!("{chunk}"); // 0x7f3500040000 new_space   256 KiB   0 % used
    /// }
    /// let maps: usize = scope.chunks().iter().filter(|chunk| chunk.space == SpaceId::Map).map(|chunk| chunk.used).sum();
    /// assert!(maps > 0);
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    #[must_use]
    pub fn chunks(&self) -> Vec<ChunkInfo> {
        self.data().heap.chunk_infos()
    }
}

impl Isolate {
    /// All chunks that the heap holds, without entering it: see [`HandleScope::chunks`].
    #[must_use]
    pub fn chunks(&self) -> Vec<ChunkInfo> {
        self.data().heap.chunk_infos()
    }
}
