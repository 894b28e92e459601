//! Structs that lie inside objects, as fields or as elements: `#[heap_struct]`.
//!
//! Such a struct has no map and no identity: it is a name for several fields in a row. It is read and written through a
//! view, a [`StructRef`] in the clothes that the macro gives it, which knows the object around it: the write barrier
//! wants to know.

use super::heap_object::HeapObject;
use super::init_tail::ElementInit;
use crate::layout::StructLayout;
use core::marker::PhantomData;
use core::ops::Deref;

/// A struct declared with [`#[heap_struct]`](macro@crate::heap_struct).
///
/// # Safety
///
/// Implemented by the macro only. Promises that `Self` is `#[repr(C)]`, has its fields, all of them cells, exactly where
/// `LAYOUT` says, and is neither constructible nor movable in safe code.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a struct that objects can hold",
    label = "not declared with `#[heap_struct]`",
    note = "declare it: `#[heap_struct] struct {Self} {{ … }}`; a class is referred to, with `Tagged<{Self}>`"
)]
pub unsafe trait HeapStruct: Sized + 'static {
    /// What getters return.
    type Ref<'a>;
    /// Its fields.
    const LAYOUT: &'static StructLayout;

    /// The view of a struct in an object.
    #[doc(hidden)]
    fn view(at: StructRef<'_, Self>) -> Self::Ref<'_>;
}

/// A struct inside an object, valid as long as a reference to the object.
pub struct StructRef<'a, S> {
    host: &'a HeapObject,
    cells: &'a S,
}

impl<S> Clone for StructRef<'_, S> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for StructRef<'_, S> {}

impl<'a, S> StructRef<'a, S> {
    /// The object around it.
    #[inline]
    #[must_use]
    pub fn host(self) -> &'a HeapObject {
        self.host
    }

    /// The fields.
    #[inline]
    #[must_use]
    pub fn cells(self) -> &'a S {
        self.cells
    }
}

impl<S> Deref for StructRef<'_, S> {
    type Target = S;

    #[inline]
    fn deref(&self) -> &S {
        self.cells
    }
}

/// A field or an element that is a struct.
#[repr(transparent)]
pub struct StructField<S> {
    cells: S,
    _object: PhantomData<*mut ()>,
}

impl<S: HeapStruct> StructField<S> {
    /// The view of the struct.
    ///
    /// # Safety
    ///
    /// `object` is the object that the struct lies in.
    #[inline]
    pub unsafe fn get_struct<'a, T>(&'a self, object: &'a T) -> S::Ref<'a> {
        // SAFETY: the caller's contract: every object is a `HeapObject`.
        let host = unsafe { super::Word::strong(core::ptr::from_ref(object).addr()).as_strong() };
        S::view(StructRef { host, cells: &self.cells })
    }

    /// Writes the fields of a struct in an object being made.
    ///
    /// # Safety
    ///
    /// The object is being initialised; the allocator looks at it afterwards if it is not young.
    #[inline]
    pub unsafe fn init<I>(&self, value: impl StructInit<S, I>) {
        // SAFETY: the caller's contract.
        unsafe { value.write(&self.cells) }
    }
}

/// The values of all fields of a struct in an object being made. Implemented by the `…Init` struct that the macro makes.
///
/// # Safety
///
/// `write` gives every field of `S` a value that its type describes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not initialise a `{S}`",
    label = "not the fields of a `{S}`, or one of them has the wrong class",
    note = "write `{S}Init {{ … }}` with a value for each field"
)]
pub unsafe trait StructInit<S, I>: Sized {
    /// Writes the fields.
    ///
    /// # Safety
    ///
    /// The struct is in an object being made, and a scope of the values' isolate is in use.
    unsafe fn write(&self, cells: &S);
}

// SAFETY: `StructInit` writes every field.
#[diagnostic::do_not_recommend]
unsafe impl<S: HeapStruct, I, V: StructInit<S, I>> ElementInit<StructField<S>, I> for V {
    #[inline]
    unsafe fn init(&self, cell: &StructField<S>) {
        // SAFETY: the caller's contract.
        unsafe { self.write(&cell.cells) }
    }
}
