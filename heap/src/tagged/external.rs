//! External pointers: addresses of values outside the heap, with their type. V8: `ExternalPointerMember`, whose tag is
//! checked when it is read; here the type of the field is the tag.

use super::init_tail::ElementInit;
use super::raw::RawValue;
use core::marker::PhantomData;

/// A field that holds a `*mut T` to something outside the heap. The collector does not look at it, and nothing is freed
/// with the object.
#[repr(transparent)]
pub struct ExternalField<T> {
    cell: <u64 as RawValue>::Cell,
    _type: PhantomData<fn() -> *mut T>,
}

impl<T> ExternalField<T> {
    /// The address. Making a reference of it is up to the caller, who knows how long its target lives.
    #[inline]
    #[must_use]
    pub fn get(&self) -> *mut T {
        core::ptr::with_exposed_provenance_mut(u64::load(&self.cell) as usize)
    }

    /// Stores an address.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set(&self, value: *mut T) {
        u64::store(&self.cell, value.expose_provenance() as u64);
    }
}

// SAFETY: an address.
unsafe impl<T> ElementInit<ExternalField<T>, *mut T> for *mut T {
    #[inline]
    unsafe fn init(&self, cell: &ExternalField<T>) {
        // SAFETY: the object is being made, so nothing is constant yet.
        unsafe { cell.set(*self) }
    }
}
