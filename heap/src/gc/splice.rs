//! Weak lists that close up: a weak slot declared `#[splice = next]` takes over the link `next` of its referent when
//! that dies, and the link of that one if it is dead too. V8: `VisitWeakList`, written for each list there.
//!
//! Dead members can still be read: weak slots are looked at when all that lives is known, before memory is reused. Each
//! run of dead members is walked once: all their links are then set to what was found, so that the next slot that refers
//! into the run finds it at once. So lists take linear time, however they are linked and whoever dies.

use super::body::{map_of, object_size};
use crate::heap::Heap;
use crate::memory::MemoryChunk;
use crate::tagged::{TaggedCell, Word};
use core::sync::atomic::Ordering;

/// A slot to splice.
#[derive(Debug)]
pub(super) struct Spliced {
    pub(super) slot: usize,
    /// The first chunk of the object that has the slot.
    pub(super) host: &'static MemoryChunk,
    /// Bytes from the start of a member to its link.
    pub(super) link: usize,
}

/// The first living member from `word` on, or a cleared reference. `alive` says where a reference leads now, and `None`
/// if its object is dead.
///
/// # Safety
///
/// `word` was read from a weak slot whose referents have a weak field at `link` for referents of the same class; the
/// memory of dead ones is as it was.
pub(super) unsafe fn first_alive(
    mut word: Word,
    link: usize,
    run: &mut Vec<usize>,
    alive: impl Fn(Word) -> Option<Word>,
) -> Word {
    let found = loop {
        if word.is_cleared() {
            break Word::CLEARED;
        }
        if let Some(word) = alive(word) {
            break word;
        }
        // SAFETY: the caller's contract.
        let cell = unsafe { TaggedCell::at(word.address() + link) };
        run.push(cell.address());
        word = cell.load(Ordering::Relaxed);
        // A ring of dead members comes back here, and finds the end.
        cell.store(Word::CLEARED, Ordering::Relaxed);
    };
    for cell in run.drain(..) {
        // SAFETY: a link of a dead member, as above.
        unsafe { TaggedCell::at(cell) }.store(found, Ordering::Relaxed);
    }
    found
}

/// For slots of which only the chunk is known: what they are. Walks each chunk once, up to its last slot.
pub(super) fn find_hosts(
    heap: &Heap,
    slots: &mut [(usize, &'static MemoryChunk)],
    mut found: impl FnMut(usize, &'static MemoryChunk, Option<usize>),
) {
    // Chunks do not overlap, so this sorts by chunk too.
    slots.sort_unstable_by_key(|(slot, _)| *slot);
    for slots in slots.chunk_by(|a, b| core::ptr::eq(a.1, b.1)) {
        let mut rest = slots.iter().peekable();
        // The walk is cut short behind the last slot.
        let _ = heap.walk_chunk(slots[0].1, |object| {
            // SAFETY: the walk stands at an object outside the space that is evacuated, or at a filler.
            let (map, size) = unsafe {
                let map = map_of(object);
                (map, object_size(object, map))
            };
            while let Some((slot, host)) = rest.next_if(|(slot, _)| *slot < object + size) {
                found(*slot, host, map.class().splice_link(slot - object));
            }
            if rest.peek().is_some() { Ok(size) } else { Err(()) }
        });
    }
}
