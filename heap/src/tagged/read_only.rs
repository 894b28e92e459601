//! References of which the type says that the collector need not know.

use super::admits::ObjectSource;
use super::class::HeapClass;
use super::word::Word;
use crate::SpaceId;
use core::ops::Deref;

/// A reference to an object in read-only space. It is never young and never moves, so storing it takes no write
/// barrier: `set_x` with one is a bare store. V8: what `SKIP_WRITE_BARRIER` with a read-only root is, proved.
///
/// ```
/// # use heapwright::{ReadOnly, prelude::*};
/// # #[heap_object] struct Unit { #[constant] id: Smi }
/// # #[heap_object] struct Cell { unit: Tagged<Unit> }
/// # heap_classes! { static CLASSES = [Unit, Cell]; }
/// # heapwright::heap_roots! {
/// #     static ROOTS, keys in root, getters in UnitRoots, set up by set_up;
/// #     metre: Unit,
/// # }
/// # fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
/// #     let metre = Unit::try_new_in(scope, AllocationType::ReadOnly, UnitInit { id: 1 })?;
/// #     scope.set_root(root::metre, metre);
/// #     Ok(())
/// # }
/// # let mut isolate = Isolate::builder().classes(&CLASSES).roots(&ROOTS).build().unwrap();
/// # let mut scope = isolate.enter();
/// let second = Unit::new(&mut scope, UnitInit { id: 2 });
/// let cell = Cell::new(&mut scope, CellInit { unit: second });
/// let metre = ReadOnly::try_new(scope.metre()).expect("made in read-only space");
/// cell.get(&scope).set_unit(metre); // no barrier
/// assert!(ReadOnly::try_new(second.get(&scope)).is_none());
/// ```
pub struct ReadOnly<'gc, T> {
    object: &'gc T,
}

impl<T> Clone for ReadOnly<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ReadOnly<'_, T> {}

impl<'gc, T: HeapClass> ReadOnly<'gc, T> {
    /// The same reference, if its object lies in read-only space.
    #[inline]
    #[must_use]
    pub fn try_new(object: &'gc T) -> Option<ReadOnly<'gc, T>> {
        let address = core::ptr::from_ref(object).addr();
        (crate::memory::MemoryChunk::of(address).space() == SpaceId::ReadOnly).then_some(ReadOnly { object })
    }

    /// The reference.
    #[inline]
    #[must_use]
    pub fn get(self) -> &'gc T {
        self.object
    }
}

impl<T> Deref for ReadOnly<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.object
    }
}

impl<T: HeapClass> core::fmt::Debug for ReadOnly<'_, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        crate::inspect::debug_object(self.object, f)
    }
}

// SAFETY: a reference to an instance, and `try_new` saw that it lies in read-only space, where nothing is young.
unsafe impl<T: HeapClass> ObjectSource for ReadOnly<'_, T> {
    type Class = T;
    const NEEDS_BARRIER: bool = false;

    #[inline]
    unsafe fn word(&self) -> Word {
        Word::strong(core::ptr::from_ref(self.object).addr())
    }
}
