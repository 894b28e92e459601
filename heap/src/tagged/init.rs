//! Giving a new object its field values.
//!
//! Values may be handles: they are read after memory has been found, so a collection in between does no harm. Plain
//! references cannot be passed where a collection is possible, for the allocator needs the scope they borrow.

use super::admits::{Admits, AdmitsWeak};
use super::class::{HeapClass, TaggedType};
use super::raw::RawValue;
use super::word::Word;

/// The values of all fields of a new `T`. Implemented by the `…Init` struct that the macros make for each class.
///
/// # Safety
///
/// `write` gives every field of `T` but the map a value that its type describes, and `tail_len` is the number that
/// `write` stores as the length and the number of elements it writes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not initialise a `{T}`",
    label = "not the fields of a `{T}`, or one of them has the wrong class",
    note = "write `{T}Init {{ … }}` with a value for each field; a class that extends another also takes `parent: …Init {{ … }}` (`()` if the parent has no fields)"
)]
pub unsafe trait Init<T: HeapClass, I>: Sized {
    /// Elements of the tail.
    #[inline]
    fn tail_len(&self) -> usize {
        0
    }

    /// Checks what has to hold before memory is taken.
    ///
    /// # Panics
    ///
    /// If an integer does not fit its Smi field.
    #[inline]
    #[track_caller]
    fn check(&self) {}

    /// Writes the fields, without barriers.
    ///
    /// # Safety
    ///
    /// `object` is the start of as many bytes as `T` needs with `tail_len` elements, not yet seen by anyone.
    unsafe fn write(self, object: ObjectAddress);
}

/// Where an object is being made.
#[derive(Clone, Copy, Debug)]
pub struct ObjectAddress(usize);

impl ObjectAddress {
    pub(crate) const fn new(address: usize) -> ObjectAddress {
        ObjectAddress(address)
    }

    /// The object's fields.
    ///
    /// # Safety
    ///
    /// The memory is that of a `T`, initialised or being so.
    #[inline]
    #[must_use]
    pub unsafe fn as_ref<'a, T: HeapClass>(self) -> &'a T {
        // SAFETY: the caller's contract; cells admit any bytes until they are read.
        unsafe { &*core::ptr::with_exposed_provenance(self.0) }
    }

    #[inline]
    pub(crate) const fn offset(self, bytes: usize) -> usize {
        self.0 + bytes
    }
}

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

/// Values for a tail declared `[Tagged<U>]`: a slice or an array of what the elements admit, or [`Filled`].
///
/// # Safety
///
/// `len` does not change, and `word(i)` for `i < len` is what [`Admits<U, _>`](Admits) promises.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not initialise elements declared `Tagged<{U}>`",
    label = "not a slice of admitted values",
    note = "pass a slice, an array or a `Vec` of handles (or of references, where nothing can collect), or `Filled::new(value, count)`"
)]
pub unsafe trait TaggedTailInit<U: TaggedType, I> {
    /// Elements.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The `index`th.
    ///
    /// # Safety
    ///
    /// A scope of the values' isolate is in use, so that a handle's slot is still there to be read.
    #[doc(hidden)]
    unsafe fn word(&self, index: usize) -> Word;
}

/// Values for a tail declared `[Weak<C>]`.
///
/// # Safety
///
/// `len` does not change, and `word(i)` for `i < len` is what [`AdmitsWeak<C, _>`](AdmitsWeak) promises.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not initialise elements declared `Weak<{C}>`",
    label = "not a slice of admitted values",
    note = "pass a slice, an array or a `Vec` of handles, of `Option`s of handles, or `Filled::new(Nil, count)`"
)]
pub unsafe trait WeakTailInit<C: HeapClass, I> {
    /// Elements.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The `index`th, its reference still strong.
    ///
    /// # Safety
    ///
    /// A scope of the values' isolate is in use, so that a handle's slot is still there to be read.
    #[doc(hidden)]
    unsafe fn word(&self, index: usize) -> Word;
}

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

macro_rules! tagged_slice {
    ([$($const:tt)*] $slice:ty) => {
        // SAFETY: each element is admitted by itself.
        unsafe impl<U: TaggedType, I, V: Admits<U, I> $($const)*> TaggedTailInit<U, I> for $slice {
            #[inline]
            fn len(&self) -> usize {
                (**self).len()
            }

            #[inline]
            unsafe fn word(&self, index: usize) -> Word {
                // SAFETY: the caller's contract.
                unsafe { self[index].word() }
            }
        }

        // SAFETY: each element is admitted by itself.
        unsafe impl<C: HeapClass, I, V: AdmitsWeak<C, I> $($const)*> WeakTailInit<C, I> for $slice {
            #[inline]
            fn len(&self) -> usize {
                (**self).len()
            }

            #[inline]
            unsafe fn word(&self, index: usize) -> Word {
                // SAFETY: the caller's contract.
                unsafe { self[index].word() }
            }
        }
    };
}
tagged_slice!([] & [V]);
tagged_slice!([] &Vec<V>);
tagged_slice!([] Vec<V>);
tagged_slice!([, const N: usize] &[V; N]);

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
                unsafe { core::ptr::copy_nonoverlapping(self.as_ptr().cast::<u8>(), to, size_of::<T>() * self.len()) }
            }
        }
    };
}
raw_slice!([] & [T]);
raw_slice!([] &Vec<T>);
raw_slice!([] Vec<T>);
raw_slice!([, const N: usize] &[T; N]);

// SAFETY: the one value is admitted.
unsafe impl<U: TaggedType, I, V: Admits<U, I>> TaggedTailInit<U, I> for Filled<V> {
    #[inline]
    fn len(&self) -> usize {
        self.len
    }

    #[inline]
    unsafe fn word(&self, _: usize) -> Word {
        // SAFETY: the caller's contract.
        unsafe { self.value.word() }
    }
}

// SAFETY: the one value is admitted.
unsafe impl<C: HeapClass, I, V: AdmitsWeak<C, I>> WeakTailInit<C, I> for Filled<V> {
    #[inline]
    fn len(&self) -> usize {
        self.len
    }

    #[inline]
    unsafe fn word(&self, _: usize) -> Word {
        // SAFETY: the caller's contract.
        unsafe { self.value.word() }
    }
}

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
