//! Changes whatever refers to an object that has moved, when all have: roots, and slots that were noted for it. Owns the slots
//! meanwhile; several threads take batches of them. Promises that a slot refers to the copy afterwards, and is left alone if what it
//! refers to has not moved.
//!
//! There are no data races: slots are atomics, and nothing else is written. A slot that was noted twice may be changed by two threads, which
//! both write the same. Of what slots refer to, the first word is read, which nobody writes any more.
//!
//! V8 counterpart: `PointersUpdatingJob`.

use super::workers::{self, Gang, Job};
use crate::isolate::IsolateData;
use crate::memory::{ChunkSet, prefetch};
use crate::tagged::{TaggedCell, Word};
use core::sync::atomic::{AtomicUsize, Ordering};

/// Slots that a thread takes at a time.
const BATCH: usize = 2048;

/// Slots that have to be changed for a helper to be called: a millisecond's work. It takes some 50 µs to come, and longer on a busy machine.
const WORTH_A_HELPER: usize = 128 * 1024;

/// So many slots ahead, what a slot refers to is asked for.
const AHEAD: usize = 8;

/// Changes roots, and these slots. Each is a slot of an object outside the young generation, or of a live young one; it may have died, or
/// moved, but neither its memory nor that of what it refers to has been reused since it was noted. `from` are the chunks from which
/// objects have moved.
pub(super) fn update(isolate: &mut IsolateData, from: &ChunkSet, slots: Vec<usize>) {
    let options = &isolate.heap.options;
    let helpers = workers::helpers_for(options, slots.len() / WORTH_A_HELPER);
    let is_stress = options.stress_threads;
    let gang = Gang::new(Updating { slots, claimed: AtomicUsize::new(0), from: from.clone() }, helpers);
    isolate.for_each_root(|word| forwarded(from, word));
    isolate.globals.for_each_weak(|word| forwarded(from, word));
    if let Some(ids) = &mut isolate.object_ids {
        ids.update(|address| Some(forwarded(from, Word::strong(address)).address()));
    }
    if is_stress {
        gang.wait_patiently(Gang::had_help);
    }
    gang.job().work(0);
    gang.close();
}

/// What the threads share.
struct Updating {
    slots: Vec<usize>,
    /// How many of them threads have claimed.
    claimed: AtomicUsize,
    from: ChunkSet,
}

impl Job for Updating {
    fn work(&self, _: usize) {
        // Whoever adds a batch to the number has it alone; the slots were there before the threads came.
        while let Some(rest) = self.slots.get(self.claimed.fetch_add(BATCH, Ordering::Relaxed)..) {
            if rest.is_empty() {
                return;
            }
            self.change(rest);
        }
    }
}

impl Updating {
    /// Changes the first batch of these.
    fn change(&self, slots: &[usize]) {
        // SAFETY: a tagged word of an object whose memory has not been reused (`update`).
        let cell = |slot: usize| unsafe { TaggedCell::at(slot) };
        for (i, slot) in slots.iter().take(BATCH).enumerate() {
            // They lie anywhere, and so does what they refer to.
            slots.get(i + 2 * AHEAD).inspect(|slot| prefetch(**slot));
            slots.get(i + AHEAD).inspect(|slot| prefetch(cell(**slot).load(Ordering::Relaxed).address()));
            let slot = cell(*slot);
            let word = slot.load(Ordering::Relaxed);
            let new = forwarded(&self.from, word);
            if !new.same(word) {
                slot.store(new, Ordering::Relaxed);
            }
        }
    }
}

/// A word, after what it refers to has moved or not.
fn forwarded(from: &ChunkSet, word: Word) -> Word {
    if word.is_smi() || word.is_cleared() || !from.contains(word.address()) {
        return word;
    }
    // SAFETY: an object was there, dead or alive, and its first word is its map or where it went.
    let first = unsafe { TaggedCell::at(word.address()) }.load(Ordering::Relaxed);
    if !first.is_smi() {
        return word;
    }
    let new = Word::strong(first.address());
    if word.is_weak() { new.to_weak() } else { new }
}
