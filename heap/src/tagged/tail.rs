//! Flexible tails: what lies after the fields that all instances of a class have.
//!
//! A tail lies beyond the struct that `&T` covers, so it is reached by address. It is a row of the very cells that fields
//! are made of, so elements and optional fields are read and written as fields are. There is never a slice over tagged
//! memory.

use super::heap_object::HeapObject;
use super::init::ObjectAddress;
use super::init_tail::{RawTailInit, TailInit};
use super::raw::RawValue;
use super::{HeapClass, RawField};
use core::cell::Cell;
use core::marker::PhantomData;

#[cold]
#[inline(never)]
#[track_caller]
fn out_of_bounds(index: usize, len: usize) -> ! {
    panic!("index {index} is out of bounds: the object has {len} elements")
}

/// Where a tail of such cells begins in a class's struct; itself of size zero.
#[repr(C)]
pub struct Tail<C> {
    align: [C; 0],
}

/// The cells of one object's tail.
pub struct Elements<'a, C> {
    start: usize,
    len: usize,
    /// Neither `Send` nor `Sync`, as references to objects are.
    _object: PhantomData<(&'a HeapObject, &'a C)>,
}

impl<C> Clone for Elements<'_, C> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Elements<'_, C> {}

impl<C> Tail<C> {
    /// The elements of `object`.
    ///
    /// # Safety
    ///
    /// `object` has this tail, `len` elements of it, after `offset` bytes.
    #[inline]
    pub unsafe fn of<'a, T: HeapClass>(&'a self, object: &'a T, offset: usize, len: usize) -> Elements<'a, C> {
        Elements { start: core::ptr::from_ref(object).addr() + offset, len, _object: PhantomData }
    }

    /// Writes the elements of an object being made.
    ///
    /// # Safety
    ///
    /// There is room for `values.len()` elements after `offset` bytes; the allocator looks at the object afterwards if it
    /// is not young.
    #[inline]
    pub unsafe fn init<I>(&self, object: ObjectAddress, offset: usize, values: impl TailInit<C, I>) {
        // SAFETY: the caller's contract.
        unsafe { values.write(object.offset(offset)) }
    }
}

impl<T: RawValue> Tail<RawField<T>> {
    /// Writes the raw elements of an object being made.
    ///
    /// # Safety
    ///
    /// There is room for `values.len()` elements after `offset` bytes.
    #[inline]
    pub unsafe fn init_raw(&self, object: ObjectAddress, offset: usize, values: impl RawTailInit<T>) {
        // SAFETY: the caller's contract.
        unsafe { values.write(object.offset(offset)) }
    }
}

impl<'a, C> Elements<'a, C> {
    /// How many.
    #[inline]
    #[must_use]
    pub fn len(self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[inline]
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The cell at `index`.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`len`](Self::len).
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn cell(self, index: usize) -> &'a C {
        if index >= self.len {
            out_of_bounds(index, self.len);
        }
        // SAFETY: inside the object's tail, which is committed for `'a`; cells are aligned to at most a word, and the
        // macros' layout check holds the tail to that.
        unsafe { &*core::ptr::with_exposed_provenance::<C>(self.start + index * size_of::<C>()) }
    }

    /// The cell of an optional field, if the object has it.
    #[inline]
    #[must_use]
    pub fn optional(self) -> Option<&'a C> {
        (self.len > 0).then(|| self.cell(0))
    }

    /// The cell of an optional field that the object must have.
    ///
    /// # Panics
    ///
    /// If it has not, naming the field and its condition.
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn present(self, field: &'static str, condition: &'static str) -> &'a C {
        if self.len == 0 {
            absent(field, condition);
        }
        self.cell(0)
    }

    /// The cells in order.
    #[inline]
    pub fn cells(self) -> impl ExactSizeIterator<Item = &'a C> + 'a {
        (0..self.len).map(move |i| self.cell(i))
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn absent(field: &'static str, condition: &'static str) -> ! {
    panic!("this object has no `{field}`: it was made when `{condition}` did not hold")
}

impl<'a, T: RawValue> Elements<'a, RawField<T>> {
    /// All elements at once, for tails that nothing can change.
    ///
    /// # Safety
    ///
    /// The tail is constant.
    #[inline]
    #[must_use]
    pub unsafe fn as_slice(self) -> &'a [T] {
        const { assert!(align_of::<T>() <= 4, "elements are aligned to 4 bytes at most") };
        let start = core::ptr::with_exposed_provenance::<T>(self.start);
        // SAFETY: `len` initialised elements of an object that stays put for `'a`, written only while it was made.
        unsafe { core::slice::from_raw_parts(start, self.len) }
    }

    /// All elements at once, as cells.
    ///
    /// # Safety
    ///
    /// The tail is not constant.
    #[inline]
    #[must_use]
    pub unsafe fn as_cells(self) -> &'a [Cell<T>] {
        const { assert!(align_of::<T>() <= 4, "elements are aligned to 4 bytes at most") };
        let start = core::ptr::with_exposed_provenance::<Cell<T>>(self.start);
        // SAFETY: `len` initialised elements of an object that stays put for `'a`; only the thread that has entered
        // the isolate touches raw elements, and a `Cell` is not `Sync`.
        unsafe { core::slice::from_raw_parts(start, self.len) }
    }

    /// All elements at once, of 8 bytes each, for tails that nothing can change.
    ///
    /// # Safety
    ///
    /// The tail is constant, and of a class whose [alignment](crate::spaces::AllocationAlignment) makes it begin at a
    /// multiple of 8 bytes in memory.
    #[inline]
    #[must_use]
    pub unsafe fn as_aligned_slice(self) -> &'a [T] {
        debug_assert!(self.start.is_multiple_of(align_of::<T>()), "elements at {:#x}", self.start);
        let start = core::ptr::with_exposed_provenance::<T>(self.start);
        // SAFETY: as in `as_slice`; aligned by the caller's contract, as every space and collection keeps the alignment.
        unsafe { core::slice::from_raw_parts(start, self.len) }
    }

    /// All elements at once, of 8 bytes each, as cells.
    ///
    /// # Safety
    ///
    /// The tail is not constant, and of a class whose [alignment](crate::spaces::AllocationAlignment) makes it begin at a
    /// multiple of 8 bytes in memory.
    #[inline]
    #[must_use]
    pub unsafe fn as_aligned_cells(self) -> &'a [Cell<T>] {
        debug_assert!(self.start.is_multiple_of(align_of::<T>()), "elements at {:#x}", self.start);
        let start = core::ptr::with_exposed_provenance::<Cell<T>>(self.start);
        // SAFETY: as in `as_cells`; aligned by the caller's contract, as every space and collection keeps the alignment.
        unsafe { core::slice::from_raw_parts(start, self.len) }
    }
}

/// A tail that is not as long as its declaration says, in an object being made.
#[cold]
#[inline(never)]
#[track_caller]
fn wrong_length(class: &str, tail: &str, length: &str, expected: usize, given: usize) -> ! {
    panic!("`{class}` needs {expected} of `{tail}` (`{length}`) and was given {given}")
}

/// Holds the elements given for a tail to the number that its declaration says. For the macros.
///
/// # Panics
///
/// If they differ, naming both.
#[inline]
#[track_caller]
pub fn expect_length(class: &'static str, tail: &'static str, length: &'static str, expected: usize, given: usize) {
    if expected != given {
        wrong_length(class, tail, length, expected, given);
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn too_many(class: &str, field: &str, maximum: usize, given: usize) -> ! {
    panic!("`{class}` counts its elements in `{field}`, up to {maximum}, and was given {given}")
}

/// Holds the number of elements to what the field that counts them can hold. For the macros.
///
/// # Panics
///
/// If there are more, naming both numbers.
#[inline]
#[track_caller]
pub fn expect_at_most(class: &'static str, field: &'static str, maximum: usize, given: usize) {
    if given > maximum {
        too_many(class, field, maximum, given);
    }
}

/// The cell of an inherited field, for the macros.
///
/// # Safety
///
/// The class of `object` inherits a field that is a `C`, after `offset` bytes.
#[inline]
pub unsafe fn inherited<T: HeapClass, C>(object: &T, offset: usize) -> &C {
    // SAFETY: the caller's contract; the object is all there for as long as `&T`.
    unsafe { &*core::ptr::with_exposed_provenance::<C>(core::ptr::from_ref(object).addr() + offset) }
}
