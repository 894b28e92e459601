//! Owns [`Sweeper`]: the chunks of a space that marking has looked at and that were not swept. Promises that each is swept
//! once, on the isolate's thread when memory is wanted or on another before that, and that everything is as the isolate's thread
//! sees it until it takes a swept chunk over.
//!
//! An unswept chunk keeps its mark bits: what is marked in it lives, and nothing else of it counts. Who walks it goes by
//! them (`inspect::walk`), nothing is allocated in it, and marking does not begin before all is swept.
//!
//! **Threads.** Sweeping reads mark bits, which cover each word of a living object, and writes to memory between these, which nobody else
//! looks at until the chunk is taken over. The list of gaps goes from one thread to the other under a lock, and so do those bytes. Mark bits and
//! flags change when it is taken over: on the isolate's thread, or on one that holds the lock of its heap for a scavenge.
//!
//! V8 counterpart: `Sweeper`.

use super::filler::FillerMaps;
use super::sweep_queue::SweepQueue;
use crate::gc::{Gang, Job};
use crate::memory::{AREA_SIZE, ChunkFlags, MemoryChunk};

/// Chunks to sweep, and how far that is.
#[derive(Debug, Default)]
pub(super) struct Sweeper {
    gang: Option<Gang<Sweeping>>,
    /// Bytes that will be free in the chunks that were not taken over.
    available: usize,
}

/// A chunk whose gaps are fillers.
#[derive(Debug)]
pub(super) struct SweptChunk {
    pub(super) chunk: &'static MemoryChunk,
    /// Start and size of each run of dead bytes.
    pub(super) gaps: Vec<(usize, usize)>,
}

impl SweptChunk {
    /// Forgets that slots of dead objects refer to young ones.
    pub(super) fn forget_slots(&self) {
        let Some(slots) = self.chunk.old_to_new() else { return };
        for &(start, size) in &self.gaps {
            slots.remove_range(start - self.chunk.address(), start + size - self.chunk.address());
        }
    }
}

/// What threads share.
#[derive(Debug)]
struct Sweeping {
    fillers: FillerMaps,
    /// Addresses of chunks, the emptiest last.
    queue: SweepQueue<usize, SweptChunk>,
}

// SAFETY: the chunks are those of one heap, and stay until the gang is closed, which the sweeper does before it goes or
// finishes. What other threads do with them is told above. What comes too late looks at nothing but the lists.
unsafe impl Send for Sweeping {}
// SAFETY: as above.
unsafe impl Sync for Sweeping {}

impl Sweeping {
    /// Sweeps a chunk that was taken off the queue.
    fn sweep(&self, address: usize) -> SweptChunk {
        let chunk = MemoryChunk::of(address);
        // SAFETY: marking was complete, and the chunk is unswept: nothing refers to what is not marked.
        SweptChunk { chunk, gaps: unsafe { sweep_chunk(chunk, self.fillers) } }
    }
}

impl Job for Sweeping {
    fn work(&self, _: usize) {
        self.queue.help(|address| self.sweep(address));
    }
}

/// Makes fillers of what is not marked. Returns where.
///
/// # Safety
///
/// Marking is complete: nothing refers to an unmarked object of this chunk, and nobody else writes to it or allocates in it.
pub(super) unsafe fn sweep_chunk(chunk: &MemoryChunk, fillers: FillerMaps) -> Vec<(usize, usize)> {
    let mut gaps = Vec::new();
    let mut at = chunk.area_start();
    let mut add = |start: usize, end: usize| {
        if start < end {
            // SAFETY: nothing marked lies in the gap, so nothing refers to it.
            unsafe { fillers.fill(start, end - start) };
            gaps.push((start, end - start));
        }
    };
    // Each word of a living object is marked.
    while let Some(live) = chunk.next_marked(at) {
        add(at, live);
        at = chunk.next_unmarked(live).unwrap_or(chunk.area_end());
    }
    add(at, chunk.area_end());
    debug_assert_eq!(
        gaps.iter().map(|(_, size)| size).sum::<usize>() + chunk.live_bytes(),
        AREA_SIZE,
        "marking has counted what lives in {chunk:?}"
    );
    gaps
}

impl Sweeper {
    /// Begins to sweep these chunks, whose live bytes are set. There is nothing left of the time before.
    pub(super) fn begin(&mut self, mut chunks: Vec<&'static MemoryChunk>, fillers: FillerMaps) {
        debug_assert!(self.gang.is_none());
        // The emptiest first: they have most to give.
        chunks.sort_by_key(|chunk| core::cmp::Reverse(chunk.live_bytes()));
        for chunk in &chunks {
            chunk.set_flag(ChunkFlags::UNSWEPT, true);
            self.available += AREA_SIZE - chunk.live_bytes();
        }
        let queue = SweepQueue::new(chunks.iter().map(|chunk| chunk.address()).collect());
        self.gang = Some(Gang::new(Sweeping { fillers, queue }, 0));
    }

    /// Adds chunks, whose live bytes are set.
    pub(super) fn add(&mut self, chunks: &[&'static MemoryChunk], fillers: FillerMaps) {
        let Some(gang) = &self.gang else {
            self.begin(chunks.to_vec(), fillers);
            return;
        };
        for chunk in chunks {
            chunk.set_flag(ChunkFlags::UNSWEPT, true);
            self.available += AREA_SIZE - chunk.live_bytes();
        }
        let addresses = chunks.iter().map(|chunk| chunk.address());
        gang.job().queue.add(addresses, |chunk| core::cmp::Reverse(MemoryChunk::of(*chunk).live_bytes()));
    }

    /// Asks other threads to sweep.
    pub(super) fn call_helpers(&self, helpers: usize) {
        if let Some(gang) = &self.gang {
            gang.call(helpers);
        }
    }

    /// A swept chunk, to be taken over; `None` if all are. Waits for those that others are at: new memory costs more.
    pub(super) fn next(&mut self) -> Option<SweptChunk> {
        let gang = if self.available > 0 { self.gang.as_ref()? } else { return None };
        let sweeping = gang.job();
        let swept = sweeping.queue.next(|address| sweeping.sweep(address), || gang.wait())?;
        Some(self.take(swept))
    }

    /// The same, but does not wait.
    pub(super) fn next_at_hand(&mut self) -> Option<SweptChunk> {
        let gang = if self.available > 0 { self.gang.as_ref()? } else { return None };
        let sweeping = gang.job();
        let swept = sweeping.queue.next_at_hand(|address| sweeping.sweep(address))?;
        Some(self.take(swept))
    }

    /// All that are left, in no order.
    pub(super) fn finish(&mut self) -> Vec<SweptChunk> {
        let Some(gang) = self.gang.take() else { return Vec::new() };
        let sweeping = gang.job();
        let all = sweeping.queue.finish(|address| sweeping.sweep(address), || gang.close());
        all.into_iter().map(|swept| self.take(swept)).collect()
    }

    fn take(&mut self, swept: SweptChunk) -> SweptChunk {
        swept.chunk.clear_marks();
        swept.chunk.set_flag(ChunkFlags::UNSWEPT, false);
        self.available -= AREA_SIZE - swept.chunk.live_bytes();
        swept
    }

    /// Bytes that are free in chunks that were not taken over.
    pub(super) fn available(&self) -> usize {
        self.available
    }

    /// Lets no other thread look at the chunks any more: they are to go.
    pub(super) fn abandon(&mut self) {
        if let Some(gang) = self.gang.take() {
            gang.job().queue.stop();
            gang.close();
        }
    }
}
