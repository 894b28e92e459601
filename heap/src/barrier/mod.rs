//! The write barrier: what a store of a reference into an object does besides storing.
//!
//! **Owns** the two inline tests and what happens behind them, the remembered sets ([`SlotSet`]), and the observers of
//! stores.
//!
//! **Promises** that after every store through a setter, a slot outside the young generation that refers into it is
//! in its chunk's set; and that while marking is under way, an old object that a reference was stored to in an old one
//! is marked, and the slot noted if that object is to be evacuated. The collector relies on nothing else.
//!
//! **Never touches** spaces or isolates: everything it needs is in the headers of two chunks, found by masking.

mod mode;
mod observe;
mod slot_set;

pub use mode::WriteBarrierMode;
pub use observe::{Observing, Store, StoreFilter, StoreObserver, StoreObservers, StorePlace, Stored, observe_stored};
pub use slot_set::{SlotAction, SlotSet};

use crate::memory::{ChunkFlags, MemoryChunk};
use crate::tagged::Word;

/// After storing the reference `value` into `slot` of the object at `host`.
#[inline(always)]
pub(crate) fn write_object(host: usize, slot: usize, value: Word, mode: WriteBarrierMode<'_>) {
    if mode.skips(host) {
        return;
    }
    if MemoryChunk::of(host).has(ChunkFlags::POINTERS_FROM_HERE_ARE_INTERESTING)
        && MemoryChunk::of(value.address()).has(ChunkFlags::POINTERS_TO_HERE_ARE_INTERESTING)
    {
        remember(host, slot, value);
    }
}

/// Both tests have passed: mostly, the store is of a young reference into an old object, of which others are remembered. A call,
/// so that setters are short; all that it does with its arguments is to pass them on.
#[cold]
#[inline(never)]
fn remember(host: usize, slot: usize, value: Word) {
    let chunk = MemoryChunk::of(host);
    match chunk.short_way() {
        // SAFETY: it is the chunk's own set, made for tagged slots, and callers store to slots of the host, which is in the
        // chunk.
        Some(slots) => unsafe { slots.insert_tagged(slot - chunk.address()) },
        None => slow(host, slot, value),
    }
}

/// Nothing is remembered of the chunk so far, or marking is under way, or the store is observed.
#[cold]
#[inline(never)]
fn slow(host: usize, slot: usize, value: Word) {
    let chunk = MemoryChunk::of(host);
    let value_chunk = MemoryChunk::of(value.address());
    if value_chunk.is_young() {
        if chunk.remembers() {
            match chunk.old_to_new() {
                // SAFETY: as in `remember`.
                Some(slots) => unsafe { slots.insert_tagged(slot - chunk.address()) },
                None => record(chunk, slot),
            }
        }
    } else if let Some(marking) = chunk.marking()
        && !value_chunk.has(ChunkFlags::READ_ONLY)
    {
        marking.stored(slot, value.address());
    }
    if !chunk.has(ChunkFlags::OBSERVED) {
        return;
    }
    if let Some(observers) = chunk.observers() {
        observers.tell(host, slot);
    }
}

/// Remembers a slot of an old object that refers to a young one.
#[cold]
#[inline(never)]
pub(crate) fn record(host: &MemoryChunk, slot: usize) {
    host.old_to_new_or_create().insert(slot - host.address());
}
