//! Walking a heap object by object.

use crate::gc::size_of_object;
use crate::heap::Heap;
use crate::isolate::IsolateData;
use crate::map::Map;
use crate::memory::{ChunkFlags, MemoryChunk};
use crate::tagged::{TaggedCell, Word};
use core::sync::atomic::Ordering;

impl Heap {
    /// Calls `visit` with the chunk, the address and the size of every object, fillers left out. Sizes come from maps: on
    /// a heap that may be damaged, use [`walk_chunk`](Self::walk_chunk) with a check.
    pub(crate) fn for_each_object(&self, mut visit: impl FnMut(&'static MemoryChunk, usize, usize)) {
        for chunk in self.all_chunks() {
            // Nothing to check here: whoever asks for objects trusts the heap.
            let _ = self.walk_chunk::<()>(chunk, |address| {
                // SAFETY: the walk stands at an object.
                let size = unsafe { size_of_object(address) };
                if !self.is_filler(address) {
                    visit(chunk, address, size);
                }
                Ok(size)
            });
        }
    }

    pub(crate) fn all_chunks(&self) -> Vec<&'static MemoryChunk> {
        [
            self.read_only_space.chunks(),
            self.map_space.chunks(),
            self.old_space.chunks(),
            self.large_object_space.chunks(),
            self.code_space.chunks(),
            self.code_large_object_space.chunks(),
            self.new_large_object_space.chunks(),
            self.new_space.chunks(),
        ]
        .concat()
    }

    /// Steps through a chunk by the sizes that `step` returns; through one that was not swept, from one living object to the
    /// next.
    pub(crate) fn walk_chunk<E>(
        &self,
        chunk: &'static MemoryChunk,
        mut step: impl FnMut(usize) -> Result<usize, E>,
    ) -> Result<(), E> {
        let (mut at, end) = (chunk.area_start(), self.end_of_objects(chunk));
        if chunk.has(ChunkFlags::UNSWEPT) {
            while let Some(object) = chunk.next_marked(at) {
                at = object + step(object)?;
            }
            return Ok(());
        }
        while at < end {
            if let Some(end_of_gap) = self.unused_area_at(at) {
                at = end_of_gap;
                continue;
            }
            at += step(at)?;
        }
        Ok(())
    }

    /// Where the objects of a chunk end.
    pub(super) fn end_of_objects(&self, chunk: &'static MemoryChunk) -> usize {
        let current = self.new_space.chunks().last();
        if current.is_some_and(|c| core::ptr::eq(*c, chunk)) { self.new_space.lab.top() } else { chunk.top() }
    }

    /// A linear allocation area that begins here holds no objects yet, nor does what is being made one.
    fn unused_area_at(&self, address: usize) -> Option<usize> {
        let lab = [&self.old_space, &self.map_space, &self.read_only_space]
            .into_iter()
            .find_map(|space| space.unused_area_at(address));
        lab.or_else(|| self.new_space.unfinished.end_of(address))
    }

    pub(crate) fn is_filler(&self, address: usize) -> bool {
        // SAFETY: the first word of whatever lies here is a map word.
        self.fillers.is_filler(unsafe { TaggedCell::at(address) }.load(Ordering::Relaxed))
    }
}

impl IsolateData {
    /// The map of an object, for a walk that trusts the heap.
    pub(super) fn map_at<'a>(&self, address: usize) -> &'a Map {
        // SAFETY: the walk stands at an object.
        unsafe { TaggedCell::at(address).load(Ordering::Relaxed).as_object() }
    }
}

/// The words of an object's tagged fields and elements, from its map's layout.
pub(super) fn load(address: usize) -> Word {
    // SAFETY: callers pass the address of a tagged word of an object, as its layout says.
    unsafe { TaggedCell::at(address) }.load(Ordering::Relaxed)
}
