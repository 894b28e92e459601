//! Walking an object: its size and its slots, from the word its map carries.

use crate::barrier;
use crate::layout::{BodyDescriptor, VisitorId};
use crate::map::Map;
use crate::memory::{ChunkFlags, MemoryChunk};
use crate::tagged::{Smi, TAGGED_SIZE, TaggedCell, Word};
use core::sync::atomic::Ordering;

/// Bytes of the object at `address`, whose map has that body.
///
/// # Safety
///
/// There is an object of that shape, its length field written.
#[inline(always)]
pub(crate) unsafe fn object_size(address: usize, body: BodyDescriptor) -> usize {
    if !body.has_tail() {
        return usize::from(body.size_in_words()) * TAGGED_SIZE;
    }
    // SAFETY: the caller's contract; the macros place the length field there.
    let length = unsafe { TaggedCell::at(address + usize::from(body.length_word()) * TAGGED_SIZE) };
    let length = Smi::from_word(length.load(Ordering::Relaxed)).value() as usize;
    (usize::from(body.header_size()) + (length << body.element_size_log2())).next_multiple_of(TAGGED_SIZE)
}

/// The map of the object at `address`.
///
/// # Safety
///
/// There is an object, not one that has been moved away.
#[inline(always)]
pub(crate) unsafe fn map_of<'a>(address: usize) -> &'a Map {
    // SAFETY: the caller's contract; maps do not move.
    unsafe { TaggedCell::at(address).load(Ordering::Relaxed).as_object() }
}

/// Bytes of the object at `address`.
///
/// # Safety
///
/// There is an object, not one that has been moved away.
#[inline]
pub(crate) unsafe fn size_of_object(address: usize) -> usize {
    // SAFETY: the caller's contract.
    unsafe { object_size(address, map_of(address).body()) }
}

/// Calls `visit` with each slot that may hold a pointer, but for the map.
///
/// # Safety
///
/// There is an object of `size` bytes at `address`, and `map` is its map.
#[inline(always)]
pub(crate) unsafe fn visit_slots(address: usize, size: usize, map: &Map, mut visit: impl FnMut(&TaggedCell)) {
    let body = map.body();
    let mut visit_words = |from: usize, to: usize| {
        let mut slot = address + from;
        while slot < address + to {
            // SAFETY: the map says that these words of the object are tagged.
            visit(unsafe { TaggedCell::at(slot) });
            slot += TAGGED_SIZE;
        }
    };
    let first = usize::from(body.first_word()) * TAGGED_SIZE;
    match body.visitor_id() {
        VisitorId::DataOnly => {}
        VisitorId::Range => visit_words(first, usize::from(body.end_word()) * TAGGED_SIZE),
        VisitorId::ToEnd => visit_words(first, size),
        VisitorId::Bitmap => {
            let mut bits = map.pointer_bitmap();
            while bits != 0 {
                let word = bits.trailing_zeros() as usize * TAGGED_SIZE;
                visit_words(word, word + TAGGED_SIZE);
                bits &= bits - 1;
            }
            if body.tail_is_tagged() {
                visit_words(usize::from(body.header_size()), size);
            }
        }
    }
}

/// Remembers the slots of a new object outside the young generation that refer into it: its fields were written
/// without barriers.
///
/// # Safety
///
/// There is an object at `address`.
#[cold]
pub(crate) unsafe fn remember_young_references(address: usize) {
    let host = MemoryChunk::of(address);
    if !host.remembers() {
        return;
    }
    // SAFETY: the caller's contract.
    unsafe {
        let map = map_of(address);
        visit_slots(address, object_size(address, map.body()), map, |slot| {
            let word = slot.load(Ordering::Relaxed);
            if is_young(word) {
                barrier::record(host, slot.address());
            }
        });
    }
}

/// Whether a new object's fields refer to nothing but read-only objects: it will be neither traced nor updated.
///
/// # Safety
///
/// There is an object at `address`.
#[cold]
pub(crate) unsafe fn refers_to_read_only_alone(address: usize) -> bool {
    let mut alone = true;
    // SAFETY: the caller's contract.
    unsafe {
        let map = map_of(address);
        visit_slots(address, object_size(address, map.body()), map, |slot| {
            let word = slot.load(Ordering::Relaxed);
            if !word.is_smi() && !word.is_cleared() {
                alone &= MemoryChunk::of(word.address()).has(ChunkFlags::READ_ONLY);
            }
        });
    }
    alone
}

/// Whether a word refers to a young object.
fn is_young(word: Word) -> bool {
    !word.is_smi() && !word.is_cleared() && MemoryChunk::of(word.address()).is_young()
}
