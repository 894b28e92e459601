//! Typed slots of an array class: what the accessors of [`context_slots!`](crate::context_slots) call.

use super::admits::Admits;
use super::class::{Any, HeapClass, TaggedType};
use super::pattern::Checked;
use super::value::Tagged;

/// The value of a slot, checked.
///
/// # Panics
///
/// If it is not of the slot's type.
#[inline]
#[must_use]
#[track_caller]
pub fn context_slot<'gc, U: Checked>(
    value: Tagged<'gc, Any>,
    names: &[&str],
    slot: usize,
    index: usize,
) -> U::Ref<'gc> {
    match value.try_narrow::<U>() {
        Some(value) => value,
        None => wrong_value(value, names[slot], index, &U::SET),
    }
}

/// The value of a slot, if it is of the slot's type.
#[inline]
#[must_use]
pub fn try_context_slot<U: Checked>(value: Tagged<'_, Any>) -> Option<U::Ref<'_>> {
    value.try_narrow::<U>()
}

#[cold]
#[inline(never)]
#[track_caller]
fn wrong_value(value: Tagged<'_, Any>, name: &str, index: usize, expected: &dyn core::fmt::Debug) -> ! {
    panic!("slot `{name}` (index {index}) is declared {expected:?} and holds {value:?}")
}

/// A value of type `U`, to be stored in an object of the same isolate.
#[inline]
#[must_use]
#[track_caller]
pub fn context_value<'gc, T: HeapClass, U: TaggedType, I>(_: &'gc T, value: impl Admits<U, I>) -> Tagged<'gc, Any> {
    // SAFETY: a reference to an object borrows a scope of the isolate.
    let word = unsafe { value.word() };
    // SAFETY: a value of `U` is a Smi or a strong reference, and nothing moves while the scope is borrowed for `'gc`.
    unsafe { Tagged::from_word(word) }
}
