//! Giving a new object its elements and its optional fields.
//!
//! One trait says what one cell can be made from ([`ElementInit`]); slices, arrays, `Vec`s and [`Filled`] of such values
//! make a tail ([`TailInit`]), one of them or none an optional field ([`OptionalInit`]).

use super::admits::{Admits, AdmitsWeak};
use super::field::{BitsField, RawField, SmiBitsField, SmiField, TaggedField, WeakField};
use super::raw::RawValue;
use super::smi::{IntoSmi, Smi};
use crate::layout::{Bitfield, SmiBitfield};

/// A tail of `len` equal elements.
#[derive(Clone, Copy, Debug)]
pub struct Filled<V> {
    value: V,
    len: usize,
}

impl<V> Filled<V> {
    /// `len` times `value`.
    #[must_use]
    pub const fn new(value: V, len: usize) -> Filled<V> {
        Filled { value, len }
    }
}

/// What an optional field is given in an object that has it not, and a tail that is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absent;

/// A value for a cell of type `C` in an object being made. `I` is inferred: how the value is admitted.
///
/// # Safety
///
/// `init` gives the cell a value that its type describes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an element here",
    label = "not a value of the elements' declared type",
    note = "pass what the setter of an element takes: an instance of a class that the declaration names, or the plain value"
)]
pub unsafe trait ElementInit<C, I>: Sized {
    /// Writes the cell.
    ///
    /// # Safety
    ///
    /// The cell is in an object being made, and a scope of the value's isolate is in use.
    unsafe fn init(&self, cell: &C);
}

/// Values for a tail of cells of type `C`: a slice, an array or a `Vec` of what an element is made from, or [`Filled`].
///
/// # Safety
///
/// `len` does not change, and `write` writes as many cells.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not initialise these elements",
    label = "not a slice of what an element is made from",
    note = "pass `&[…]`, a slice or a `Vec` of values (of handles; of references where nothing can collect), `Filled::new(value, count)`, or `Absent` for none"
)]
pub unsafe trait TailInit<C, I> {
    /// Elements.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes all elements from `address` on.
    ///
    /// # Safety
    ///
    /// `address` is the start of `len` elements inside an object being made, and a scope of the values' isolate is in use.
    unsafe fn write(&self, address: usize);
}

/// What an optional field is given: a value, an `Option` of one, or [`Absent`].
///
/// # Safety
///
/// As for [`TailInit`], of at most one element.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not initialise this optional field",
    label = "neither a value of the field's declared type nor `Absent`",
    note = "pass what the field's setter takes, an `Option` of it, or `Absent` if the object has no such field"
)]
#[allow(clippy::len_without_is_empty)] // for the macros alone, which treat it as a tail of at most one element
pub unsafe trait OptionalInit<C, I> {
    /// Whether there is a value: 0 or 1.
    fn len(&self) -> usize;

    /// Writes the field, if there is a value.
    ///
    /// # Safety
    ///
    /// If there is a value, `address` is that of the field in an object being made, and a scope of the value's isolate is
    /// in use.
    unsafe fn write(&self, address: usize);
}

macro_rules! tail_of_slice {
    ([$($const:tt)*] $slice:ty) => {
        // SAFETY: each element is admitted by itself.
        unsafe impl<C, I, V: ElementInit<C, I> $($const)*> TailInit<C, I> for $slice {
            #[inline]
            fn len(&self) -> usize {
                (**self).len()
            }

            #[inline]
            unsafe fn write(&self, address: usize) {
                for (i, value) in self.iter().enumerate() {
                    // SAFETY: the caller's contract.
                    unsafe { value.init(&*core::ptr::with_exposed_provenance::<C>(address + i * size_of::<C>())) }
                }
            }
        }
    };
}
tail_of_slice!([] & [V]);
tail_of_slice!([] &Vec<V>);
tail_of_slice!([] Vec<V>);
tail_of_slice!([, const N: usize] &[V; N]);

/// Values for a tail of raw elements: a slice, an array or a `Vec`, or [`Filled`].
///
/// # Safety
///
/// `len` does not change, and `write` writes that many elements.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not initialise elements declared `{T}`",
    label = "not a slice of `{T}`",
    note = "pass `&[{T}]`, `[{T}; N]`, `&Vec<{T}>` or `Filled::new(value, count)`"
)]
pub unsafe trait RawTailInit<T: RawValue> {
    /// Elements.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Writes all elements from `address` on.
    ///
    /// # Safety
    ///
    /// `address` is the start of `len` elements inside an object being made.
    unsafe fn write(&self, address: usize);
}

macro_rules! raw_slice {
    ([$($const:tt)*] $slice:ty) => {
        // SAFETY: copies exactly `len` elements.
        unsafe impl<T: RawValue $($const)*> RawTailInit<T> for $slice {
            #[inline]
            fn len(&self) -> usize {
                (**self).len()
            }

            #[inline]
            unsafe fn write(&self, address: usize) {
                let to = core::ptr::with_exposed_provenance_mut::<u8>(address);
                // SAFETY: the caller gives room for `len` elements, which no slice of Rust memory overlaps; raw
                // elements are plain bytes.
                unsafe { core::ptr::copy_nonoverlapping(self.as_ptr().cast::<u8>(), to, size_of::<T>() * (**self).len()) }
            }
        }
    };
}
raw_slice!([] & [T]);
raw_slice!([] &Vec<T>);
raw_slice!([] Vec<T>);
raw_slice!([, const N: usize] &[T; N]);

// SAFETY: writes exactly `len` elements.
unsafe impl<T: RawValue> RawTailInit<T> for Filled<T> {
    #[inline]
    fn len(&self) -> usize {
        self.len
    }

    #[inline]
    unsafe fn write(&self, address: usize) {
        let to = core::ptr::with_exposed_provenance_mut::<T>(address);
        for i in 0..self.len {
            // SAFETY: the caller gives room for `len` elements; 8-byte ones may be aligned to 4 only.
            unsafe { to.add(i).write_unaligned(self.value) }
        }
    }
}

// SAFETY: the one value is admitted.
unsafe impl<C, I, V: ElementInit<C, I>> TailInit<C, I> for Filled<V> {
    #[inline]
    fn len(&self) -> usize {
        self.len
    }

    #[inline]
    unsafe fn write(&self, address: usize) {
        for i in 0..self.len {
            // SAFETY: the caller's contract.
            unsafe { self.value.init(&*core::ptr::with_exposed_provenance::<C>(address + i * size_of::<C>())) }
        }
    }
}

/// How an optional field is initialised; inferred.
pub(crate) mod how {
    #![allow(missing_docs, unreachable_pub)]
    pub struct Value<I>(I);
    pub struct Maybe<I>(I);
    pub enum Nothing {}
}

// SAFETY: the one value is admitted.
#[diagnostic::do_not_recommend]
unsafe impl<C, I, V: ElementInit<C, I>> OptionalInit<C, how::Value<I>> for V {
    #[inline]
    fn len(&self) -> usize {
        1
    }

    #[inline]
    unsafe fn write(&self, address: usize) {
        // SAFETY: the caller's contract.
        unsafe { self.init(&*core::ptr::with_exposed_provenance::<C>(address)) }
    }
}

// SAFETY: the value, if there is one, is admitted.
#[diagnostic::do_not_recommend]
unsafe impl<C, I, V: ElementInit<C, I>> OptionalInit<C, how::Maybe<I>> for Option<V> {
    #[inline]
    fn len(&self) -> usize {
        usize::from(self.is_some())
    }

    #[inline]
    unsafe fn write(&self, address: usize) {
        if let Some(value) = self {
            // SAFETY: the caller's contract.
            unsafe { value.init(&*core::ptr::with_exposed_provenance::<C>(address)) }
        }
    }
}

// SAFETY: no elements.
unsafe impl<C> TailInit<C, how::Nothing> for Absent {
    #[inline]
    fn len(&self) -> usize {
        0
    }

    #[inline]
    unsafe fn write(&self, _: usize) {}
}

// SAFETY: no elements.
unsafe impl<T: RawValue> RawTailInit<T> for Absent {
    #[inline]
    fn len(&self) -> usize {
        0
    }

    #[inline]
    unsafe fn write(&self, _: usize) {}
}

// SAFETY: no value.
unsafe impl<C> OptionalInit<C, how::Nothing> for Absent {
    #[inline]
    fn len(&self) -> usize {
        0
    }

    #[inline]
    unsafe fn write(&self, _: usize) {}
}

// SAFETY: `Admits` yields what the cell may hold.
#[diagnostic::do_not_recommend]
unsafe impl<U, I, V: Admits<U, I>> ElementInit<TaggedField<U>, I> for V {
    #[inline]
    unsafe fn init(&self, cell: &TaggedField<U>) {
        // SAFETY: the caller's contract.
        unsafe { cell.init_ref(self) }
    }
}

// SAFETY: `AdmitsWeak` yields what the cell may hold.
#[diagnostic::do_not_recommend]
unsafe impl<K, I, V: AdmitsWeak<K, I>> ElementInit<WeakField<K>, I> for V {
    #[inline]
    unsafe fn init(&self, cell: &WeakField<K>) {
        // SAFETY: the caller's contract.
        unsafe { cell.init_ref(self) }
    }
}

// SAFETY: a Smi.
unsafe impl<V: IntoSmi + Copy> ElementInit<SmiField, Smi> for V {
    #[inline]
    unsafe fn init(&self, cell: &SmiField) {
        // SAFETY: the object is being made, so nothing is constant yet.
        unsafe { cell.set(self.into_smi()) }
    }
}

// SAFETY: a value of the bit field.
unsafe impl<B: SmiBitfield> ElementInit<SmiBitsField<B>, B> for B {
    #[inline]
    unsafe fn init(&self, cell: &SmiBitsField<B>) {
        // SAFETY: the object is being made, so nothing is constant yet.
        unsafe { cell.set(*self) }
    }
}

// SAFETY: a value of the bit field.
unsafe impl<B: Bitfield> ElementInit<BitsField<B>, B> for B {
    #[inline]
    unsafe fn init(&self, cell: &BitsField<B>) {
        // SAFETY: the object is being made, so nothing is constant yet.
        unsafe { cell.set(*self) }
    }
}

// SAFETY: plain bytes.
unsafe impl<T: RawValue> ElementInit<RawField<T>, T> for T {
    #[inline]
    unsafe fn init(&self, cell: &RawField<T>) {
        // SAFETY: the object is being made, so nothing is constant yet.
        unsafe { cell.set(*self) }
    }
}
