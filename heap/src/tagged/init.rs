//! Giving a new object its field values.
//!
//! Values may be handles: they are read after memory has been found, so a collection in between does no harm. Plain
//! references cannot be passed where a collection is possible, for the allocator needs the scope they borrow.

use super::class::HeapClass;

/// The values of all fields of a new `T`. Implemented by the `…Init` struct that the macros make for each class.
///
/// # Safety
///
/// `write` gives every field of `T` but the map a value that its type describes, and panics unless `tail_len` and
/// `tail_bytes` are what the object's tails have by the fields that it wrote.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not initialise a `{T}`",
    label = "not the fields of a `{T}`, or one of them has the wrong class",
    note = "write `{T}Init {{ … }}` with a value for each field; a class that extends another also takes `parent: …Init {{ … }}` (`()` if the parent has no fields)"
)]
pub unsafe trait Init<T: HeapClass, I>: Sized {
    /// Elements of all tails together; `usize::MAX` if that overflows.
    #[inline]
    fn tail_len(&self) -> usize {
        0
    }

    /// Bytes of all tails together, for a class whose size is computed; `usize::MAX` if that overflows.
    #[inline]
    fn tail_bytes(&self) -> usize {
        0
    }

    /// Writes the fields, without barriers.
    ///
    /// # Safety
    ///
    /// `object` is the start of as many bytes as `T` needs with these tails, not yet seen by anyone.
    #[track_caller]
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

    /// The address so many bytes after the object's start.
    #[inline]
    #[must_use]
    pub const fn offset(self, bytes: usize) -> usize {
        self.0 + bytes
    }
}
