//! What the macros over lists of roots and of context slots share.
//!
//! **Promises** that a type which cannot stand in such a list is reported once, at its place: generated code does all it
//! does with the type through [`SlotType`], so that rustc has the same to say of each use, and says it once.

use crate::handles::HandleScope;
use crate::roots::RootKey;
use crate::tagged::{Admits, Any, HeapClass, Tagged, TaggedType, Word};

/// What the lists of roots and of context slots may name: every [`TaggedType`].
pub trait SlotType: 'static + Sized {
    /// What reading yields: `&T` for a class, `i32` for [`Smi`](crate::Smi), as [`TaggedType::Ref`].
    type Ref<'gc>: Copy;

    /// The value of a root.
    ///
    /// # Panics
    ///
    /// If the isolate has no value for it.
    #[doc(hidden)]
    #[track_caller]
    fn root<'gc>(scope: &'gc HandleScope<'_>, key: RootKey<Self>) -> Self::Ref<'gc>;

    /// The value of a context slot.
    ///
    /// # Panics
    ///
    /// If the slot holds none of this type.
    #[doc(hidden)]
    #[track_caller]
    fn context_slot<'gc>(value: Tagged<'gc, Any>, names: &[&str], slot: usize, index: usize) -> Self::Ref<'gc>;

    /// The value of a context slot, if it holds one of this type.
    #[doc(hidden)]
    fn try_context_slot(value: Tagged<'_, Any>) -> Option<Self::Ref<'_>>;
}

impl<U: TaggedType> SlotType for U {
    type Ref<'gc> = <U as TaggedType>::Ref<'gc>;

    #[inline]
    fn root<'gc>(scope: &'gc HandleScope<'_>, key: RootKey<U>) -> <U as TaggedType>::Ref<'gc> {
        scope.root(key)
    }

    #[inline]
    fn context_slot<'gc>(
        value: Tagged<'gc, Any>,
        names: &[&str],
        slot: usize,
        index: usize,
    ) -> <U as TaggedType>::Ref<'gc> {
        match value.try_narrow::<U>() {
            Some(value) => value,
            None => wrong_value(value, names[slot], index, &U::SET),
        }
    }

    #[inline]
    fn try_context_slot(value: Tagged<'_, Any>) -> Option<<U as TaggedType>::Ref<'_>> {
        value.try_narrow::<U>()
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn wrong_value(value: Tagged<'_, Any>, name: &str, index: usize, expected: &dyn core::fmt::Debug) -> ! {
    panic!("slot `{name}` (index {index}) is declared {expected:?} and holds {value:?}")
}

/// What a context slot of type `U` takes: what [`Admits<U, I>`](Admits) does.
///
/// # Safety
///
/// As for [`Admits`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a slot declared `{U}`",
    label = "the slot's type does not name this class",
    note = "store an instance of a class that the declaration names (or of one below it), or cast the value first (`try_cast`)"
)]
pub unsafe trait SlotValue<U, I> {
    /// The word to store.
    ///
    /// # Safety
    ///
    /// As for [`Admits`].
    #[doc(hidden)]
    unsafe fn slot_word(&self) -> Word;
}

// SAFETY: `Admits` says the same.
#[diagnostic::do_not_recommend]
unsafe impl<U: TaggedType, I, V: Admits<U, I>> SlotValue<U, I> for V {
    #[inline]
    #[track_caller]
    unsafe fn slot_word(&self) -> Word {
        // SAFETY: the caller's contract.
        unsafe { self.word() }
    }
}

/// A value that a slot of type `U` takes, to be stored in an object of the same isolate.
#[inline]
#[must_use]
#[track_caller]
pub fn context_value<'gc, T: HeapClass, U, I>(_: &'gc T, value: impl SlotValue<U, I>) -> Tagged<'gc, Any> {
    // SAFETY: a reference to an object borrows a scope of the isolate.
    let word = unsafe { value.slot_word() };
    // SAFETY: a Smi or a strong reference, and nothing moves while the scope is borrowed for `'gc`.
    unsafe { Tagged::from_word(word) }
}
