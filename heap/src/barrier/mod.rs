//! The write barrier: what a store of a reference into an object does besides storing.
//!
//! **Owns** the two inline tests and what happens behind them, and the remembered sets ([`SlotSet`]).
//!
//! **Promises** that after every store through a setter, a slot outside the young generation that refers into it is
//! in its chunk's set. The collector relies on nothing else.
//!
//! **Never touches** spaces or isolates: everything it needs is in the headers of two chunks, found by masking.

mod slot_set;

pub use slot_set::{SlotAction, SlotSet};

use crate::memory::{ChunkFlags, MemoryChunk};
use crate::tagged::{TaggedType, Word};

/// Whether a store tells the collector. V8: `WriteBarrierMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteBarrierMode {
    skip: bool,
}

impl WriteBarrierMode {
    /// Tells the collector if the store concerns it. V8: `UPDATE_WRITE_BARRIER`.
    pub const UPDATE: WriteBarrierMode = WriteBarrierMode { skip: false };

    /// Stores and nothing else. V8: `UNSAFE_SKIP_WRITE_BARRIER`.
    ///
    /// # Safety
    ///
    /// Each store made with it is into a young object, or of a value that is not young.
    #[must_use]
    pub const unsafe fn skip() -> WriteBarrierMode {
        WriteBarrierMode { skip: true }
    }
}

/// After storing `value` of type `U` into `slot` of the object at `host` (or anywhere in its first chunk).
#[inline(always)]
pub(crate) fn write<U: TaggedType>(host: usize, slot: usize, value: Word, mode: WriteBarrierMode) {
    if U::MAY_BE_SMI && value.is_smi() {
        return;
    }
    write_object(host, slot, value, mode);
}

/// The same for a value that is a reference.
#[inline(always)]
pub(crate) fn write_object(host: usize, slot: usize, value: Word, mode: WriteBarrierMode) {
    if mode.skip {
        return;
    }
    let host = MemoryChunk::of(host);
    if host.has(ChunkFlags::POINTERS_FROM_HERE_ARE_INTERESTING)
        && MemoryChunk::of(value.address()).has(ChunkFlags::POINTERS_TO_HERE_ARE_INTERESTING)
    {
        record(host, slot);
    }
}

/// Remembers a slot of an old object that refers to a young one.
#[cold]
#[inline(never)]
pub(crate) fn record(host: &MemoryChunk, slot: usize) {
    host.old_to_new_or_create().insert(slot - host.address());
}
