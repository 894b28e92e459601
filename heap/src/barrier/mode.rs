//! What a caller may promise about a store.

use crate::memory::MemoryChunk;
use crate::tagged::HeapObject;
use core::marker::PhantomData;

/// Whether a store tells the collector. V8: `WriteBarrierMode`.
///
/// A mode that skips the barrier names the one object it is good for: used on another, it tells the collector all the
/// same. So no mode that safe code can get leaves out a barrier that is needed:
///
/// | from | skips |
/// |---|---|
/// | [`UPDATE`](Self::UPDATE) | nothing |
/// | [`object.write_barrier_mode()`](HeapObject::write_barrier_mode) | stores into that object, if it was young when looked at |
/// | [`Fresh::mode`](crate::Fresh::mode) | stores into that object, which is young by its type |
/// | [`skip()`](Self::skip), `unsafe` | all stores |
///
/// An object only stops being young in a collection, and `'gc` is the lifetime of a reference to it: the mode ends
/// before a collection can happen, as the reference does.
///
/// What is no reference to a young object by its type (a [`Smi`](crate::Smi), [`Nil`](crate::Nil), a
/// [`ReadOnly`](crate::ReadOnly)) is stored without a barrier in any mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteBarrierMode<'gc> {
    /// The object that the barrier is skipped for; 0 for none.
    host: usize,
    /// Lives as long as a reference to the object, and is as little `Send`.
    _object: PhantomData<&'gc HeapObject>,
}

/// No object's address.
const EVERY_HOST: usize = usize::MAX;

impl<'gc> WriteBarrierMode<'gc> {
    /// Tells the collector if the store concerns it. V8: `UPDATE_WRITE_BARRIER`.
    pub const UPDATE: WriteBarrierMode<'gc> = WriteBarrierMode::of(0);

    /// Stores and nothing else. V8: `UNSAFE_SKIP_WRITE_BARRIER`.
    ///
    /// # Safety
    ///
    /// Each store made with it is into a young object, or of a value that is no reference to a young or an old object but
    /// a Smi, nothing, or a reference to a read-only one.
    #[must_use]
    pub const unsafe fn skip() -> WriteBarrierMode<'gc> {
        WriteBarrierMode::of(EVERY_HOST)
    }

    const fn of(host: usize) -> WriteBarrierMode<'gc> {
        WriteBarrierMode { host, _object: PhantomData }
    }

    /// The barrier is skipped for the object at `host`.
    ///
    /// # Safety
    ///
    /// That object is young for `'gc`.
    #[inline]
    pub(crate) const unsafe fn skip_for(host: usize) -> WriteBarrierMode<'gc> {
        WriteBarrierMode::of(host)
    }

    /// The mode for a value, of whose type it is known whether it needs a barrier at all.
    #[inline(always)]
    pub(crate) const fn for_value(self, needs_barrier: bool) -> WriteBarrierMode<'gc> {
        if needs_barrier { self } else { WriteBarrierMode::of(EVERY_HOST) }
    }

    /// Whether a store into the object at `host` is left untold.
    #[inline(always)]
    pub(super) const fn skips(self, host: usize) -> bool {
        self.host != 0 && (self.host == host || self.host == EVERY_HOST)
    }
}

impl HeapObject {
    /// How to store several references into this object, having looked once whether the collector has to be told:
    /// in a `WithMode`. V8: `GetWriteBarrierMode`.
    ///
    /// The mode is good for this object alone, and borrows it: an object becomes old in a collection only, and none
    /// can happen while a reference to it lives. While stores are observed, the mode skips nothing.
    ///
    /// ```
    /// # use heapwright::prelude::*;
    /// # #[heap_object] struct Pair { left: Tagged<Option<Pair>>, right: Tagged<Option<Pair>> }
    /// # heap_classes! { static CLASSES = [Pair]; }
    /// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    /// # let mut scope = isolate.enter();
    /// let pair = Pair::new(&mut scope, PairInit { left: Nil, right: Nil });
    /// let other = Pair::new(&mut scope, PairInit { left: Nil, right: Nil });
    /// let (pair, other) = (pair.get(&scope), other.get(&scope));
    /// let mode = pair.write_barrier_mode();
    /// pair.set_left(WithMode(other, mode));
    /// pair.set_right(WithMode(other, mode));
    /// ```
    #[inline]
    #[must_use]
    pub fn write_barrier_mode(&self) -> WriteBarrierMode<'_> {
        let chunk = MemoryChunk::of(self.address());
        if chunk.has(crate::memory::ChunkFlags::POINTERS_FROM_HERE_ARE_INTERESTING) {
            WriteBarrierMode::UPDATE
        } else {
            // SAFETY: without that flag the object is young, or read-only and has no setters; a collection, which
            // alone could change that, cannot happen while `self` is borrowed.
            unsafe { WriteBarrierMode::skip_for(self.address()) }
        }
    }
}
