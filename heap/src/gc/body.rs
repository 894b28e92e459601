//! Walking an object: its size and its slots, from the word its map carries.

use super::custom::SlotVisitor;
use super::ephemerons::{self, Entry, Part};
use crate::barrier;
use crate::layout::{BodyDescriptor, VisitorId};
use crate::map::Map;
use crate::memory::{ChunkFlags, MemoryChunk};
use crate::tagged::{TAGGED_SIZE, TaggedCell, Word};
use core::ops::Range;
use core::sync::atomic::{Ordering, fence};

/// The number of elements of the object at `address`, whose one tail is a simple one.
///
/// # Safety
///
/// There is an object of that shape, its length field written.
#[inline(always)]
pub(crate) unsafe fn simple_length(address: usize, body: BodyDescriptor) -> usize {
    let at = address + usize::from(body.length_at()) * 4;
    // SAFETY: the caller's contract; the layout places the 4 bytes that count there. They never change.
    let bits = unsafe { core::ptr::with_exposed_provenance::<u32>(at).read() };
    (bits >> u32::from(body.length_is_tagged())) as usize
}

/// Bytes of the object at `address`, whose map is `map`.
///
/// # Safety
///
/// There is an object with that map, its constant fields written.
#[inline(always)]
pub(crate) unsafe fn object_size(address: usize, map: &Map) -> usize {
    let body = map.body();
    if !body.has_tail() {
        return usize::from(body.size_in_words()) * TAGGED_SIZE;
    }
    if matches!(body.visitor_id(), VisitorId::Computed | VisitorId::Custom | VisitorId::Ephemerons) {
        // SAFETY: the caller's contract.
        return unsafe { computed_size(address, map) };
    }
    // SAFETY: the caller's contract, and the tail is a simple one.
    let length = unsafe { simple_length(address, body) };
    (usize::from(body.header_size()) + (length << body.element_size_log2())).next_multiple_of(TAGGED_SIZE)
}

/// # Safety
///
/// As for [`object_size`]; the shape is [`VisitorId::Computed`], [`VisitorId::Custom`] or [`VisitorId::Ephemerons`].
#[inline(never)]
unsafe fn computed_size(address: usize, map: &Map) -> usize {
    let class = map.class();
    // SAFETY: the caller's contract.
    let lengths = unsafe { class.tail_lengths(address) };
    class.layout().size_with(lengths.as_slice())
}

/// Calls `visit` with the range of words of each tail that may hold pointers.
///
/// # Safety
///
/// As for [`object_size`]; the shape is [`VisitorId::Computed`] or [`VisitorId::Custom`].
#[inline(never)]
unsafe fn visit_computed_tails(address: usize, map: &Map, visit: &mut dyn FnMut(usize, usize)) {
    let class = map.class();
    // SAFETY: the caller's contract.
    let lengths = unsafe { class.tail_lengths(address) };
    let mut start = class.layout().header_size();
    for (tail, length) in class.layout().tails.iter().zip(lengths.as_slice()) {
        let end = start + length * tail.element_size.current() as usize;
        if tail.element.may_hold_pointer() {
            visit(start, end);
        }
        start = end;
    }
}

/// The map of the object at `address`.
///
/// # Safety
///
/// There is an object, not one that has been moved away.
#[inline(always)]
pub(crate) unsafe fn map_of<'a>(address: usize) -> &'a Map {
    // SAFETY: the caller's contract; maps do not move.
    unsafe { TaggedCell::at(address).load(Ordering::Relaxed).as_strong() }
}

/// Bytes of the object at `address`.
///
/// # Safety
///
/// There is an object, not one that has been moved away.
#[inline]
pub(crate) unsafe fn size_of_object(address: usize) -> usize {
    // SAFETY: the caller's contract.
    unsafe { object_size(address, map_of(address)) }
}

/// Calls `visit` with each slot that may hold a pointer, but for the map.
///
/// # Safety
///
/// There is an object of `size` bytes at `address`, and `map` is its map.
#[inline(always)]
pub(crate) unsafe fn visit_slots(address: usize, size: usize, map: &Map, mut visit: impl FnMut(&TaggedCell)) {
    // SAFETY: the caller's contract.
    unsafe {
        visit_slots_and_ephemerons(
            address,
            size,
            map,
            &mut visit,
            |visit, slot| visit(slot),
            |visit, entry| {
                entry.slots().for_each(visit);
            },
        );
    }
}

/// The same with ephemerons apart: their slots are not visited, but `entry` is called with each. Both functions are given
/// `context`.
///
/// # Safety
///
/// As for [`visit_slots`].
#[inline(always)]
pub(crate) unsafe fn visit_slots_and_ephemerons<C>(
    address: usize,
    size: usize,
    map: &Map,
    context: &mut C,
    mut visit: impl FnMut(&mut C, &TaggedCell),
    mut entry: impl FnMut(&mut C, Entry),
) {
    let body = map.body();
    let mut visit_words = |context: &mut C, from: usize, to: usize| {
        let mut slot = address + from;
        while slot < address + to {
            // SAFETY: the map says that these words of the object are tagged.
            visit(context, unsafe { TaggedCell::at(slot) });
            slot += TAGGED_SIZE;
        }
    };
    let first = usize::from(body.first_word()) * TAGGED_SIZE;
    match body.visitor_id() {
        VisitorId::DataOnly => {}
        VisitorId::Range => visit_words(context, first, usize::from(body.end_word()) * TAGGED_SIZE),
        VisitorId::ToEnd => visit_words(context, first, size),
        shape @ (VisitorId::Bitmap | VisitorId::Computed | VisitorId::Custom) => {
            let mut bits = map.pointer_bitmap();
            while bits != 0 {
                let word = bits.trailing_zeros() as usize * TAGGED_SIZE;
                visit_words(context, word, word + TAGGED_SIZE);
                bits &= bits - 1;
            }
            if body.tail_is_tagged() {
                visit_words(context, usize::from(body.header_size()), size);
            } else if shape != VisitorId::Bitmap && body.has_tail() {
                // SAFETY: the caller's contract.
                unsafe { visit_computed_tails(address, map, &mut |from, to| visit_words(context, from, to)) };
            }
            if shape == VisitorId::Custom {
                let mut visit =
                    |slot: &TaggedCell| visit_words(context, slot.address() - address, slot.address() - address + 1);
                // SAFETY: the caller's contract.
                unsafe { visit_custom_slots(address, size, map, &mut visit) };
            }
        }
        VisitorId::Ephemerons => {
            let mut visit_part = |part| match part {
                Part::Words(from, to) => visit_words(context, from, to),
                Part::Entry(ephemeron) => entry(context, ephemeron),
            };
            // SAFETY: the caller's contract. Traced words are no declared ones, and so not parts of entries.
            unsafe {
                ephemerons::visit_parts(address, map, &mut visit_part);
                let mut visit = |slot: &TaggedCell| {
                    visit_part(Part::Words(slot.address() - address, slot.address() - address + 1));
                };
                visit_custom_slots(address, size, map, &mut visit);
            }
        }
    }
}

/// The bytes from and to which all references of an object of `size` bytes lie, but for its map; `None` if other words lie between them.
#[inline(always)]
pub(crate) fn only_row(map: &Map, size: usize) -> Option<Range<usize>> {
    let body = map.body();
    let first = usize::from(body.first_word()) * TAGGED_SIZE;
    match body.visitor_id() {
        VisitorId::DataOnly => Some(0..0),
        VisitorId::Range => Some(first..usize::from(body.end_word()) * TAGGED_SIZE),
        VisitorId::ToEnd => Some(first..size),
        _ => None,
    }
}

/// The bytes of an object of `size` bytes in which nothing but tagged words lie, at its end, if it has such: of the rest,
/// [`visit_slots`] visits what there is if it is told that the object ends before them.
pub(crate) fn tagged_row(map: &Map, size: usize) -> Option<Range<usize>> {
    let body = map.body();
    match body.visitor_id() {
        VisitorId::ToEnd => Some(usize::from(body.first_word()) * TAGGED_SIZE..size),
        VisitorId::Bitmap if body.tail_is_tagged() => Some(usize::from(body.header_size())..size),
        _ => None,
    }
}

/// Calls `visit` with each slot of a part of a [`tagged_row`].
///
/// # Safety
///
/// There is an object at `address`, and these bytes belong to its row.
#[inline(always)]
pub(crate) unsafe fn visit_row(address: usize, row: Range<usize>, mut visit: impl FnMut(&TaggedCell)) {
    for slot in row.step_by(TAGGED_SIZE) {
        // SAFETY: the caller's contract.
        visit(unsafe { TaggedCell::at(address + slot) });
    }
}

/// The part of [`visit_slots`] that the class does itself.
///
/// # Safety
///
/// As for `visit_slots`.
#[cold]
#[inline(never)]
pub(crate) unsafe fn visit_custom_slots(address: usize, size: usize, map: &Map, visit: &mut dyn FnMut(&TaggedCell)) {
    let mut visitor = SlotVisitor::new(address, size, visit);
    for trace in map.class().trace_hooks() {
        // SAFETY: the caller's contract; the functions are those of the object's class and of classes above it.
        unsafe { trace(Word::strong(address).as_strong(), &mut visitor) };
    }
}

/// Does for a new object outside the young generation what barriers would have done, without which its fields were written:
/// remembers those that refer into it, and tells marking of the object if that is under way.
///
/// # Safety
///
/// There is an object at `address`.
#[cold]
pub(crate) unsafe fn made_old(address: usize) {
    let host = MemoryChunk::of(address);
    if !host.remembers() {
        return;
    }
    // SAFETY: the caller's contract.
    unsafe {
        let map = map_of(address);
        if map.body().visitor_id() == VisitorId::Ephemerons {
            ephemerons::flag(host);
        }
        visit_slots(address, object_size(address, map), map, |slot| {
            let word = slot.load(Ordering::Relaxed);
            if is_young(word) {
                barrier::record(host, slot.address());
            }
        });
    }
    if let Some(marking) = host.marking() {
        marking.shade(address);
        // Who finds a reference to the object in another one finds the object whole, and marked.
        fence(Ordering::Release);
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
        visit_slots(address, object_size(address, map), map, |slot| {
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
