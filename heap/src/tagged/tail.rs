//! Flexible tails: the elements after an object's last field.
//!
//! A tail lies beyond the struct that `&T` covers, so it is reached by address. There is never a slice over tagged
//! memory: each element is read and written as a cell.

use super::admits::{Admits, AdmitsWeak};
use super::class::{HeapClass, TaggedType};
use super::field::{store_weak, weak_ref};
use super::heap_object::HeapObject;
use super::init::{ObjectAddress, RawTailInit, TaggedTailInit, WeakTailInit};
use super::raw::RawValue;
use super::word::{TAGGED_SIZE, TaggedCell};
use crate::barrier::{self, WriteBarrierMode};
use core::cell::Cell;
use core::marker::PhantomData;
use core::sync::atomic::Ordering;

#[cold]
#[inline(never)]
#[track_caller]
fn out_of_bounds(index: usize, len: usize) -> ! {
    panic!("index {index} is out of bounds: the object has {len} elements")
}

/// The address range of a tail.
#[derive(Clone, Copy)]
struct Span<'a> {
    host: usize,
    start: usize,
    len: usize,
    /// Neither `Send` nor `Sync`, as references to objects are.
    _object: PhantomData<&'a HeapObject>,
}

impl<'a> Span<'a> {
    #[inline]
    fn new<T: HeapClass>(object: &'a T, header_size: usize, len: usize) -> Span<'a> {
        let host = core::ptr::from_ref(object).addr();
        Span { host, start: host + header_size, len, _object: PhantomData }
    }

    #[inline]
    #[track_caller]
    fn cell(&self, index: usize) -> &'a TaggedCell {
        if index >= self.len {
            out_of_bounds(index, self.len);
        }
        // SAFETY: inside the object's tail, which is committed for `'a`.
        unsafe { TaggedCell::at(self.start + index * TAGGED_SIZE) }
    }
}

macro_rules! tagged_tail {
    (
        $(#[$tail_doc:meta])* $Tail:ident,
        $(#[$elements_doc:meta])* $Elements:ident,
        $P:ident: $bound:ident, $item:ty, $admits:ident, $init:ident,
        |$cell:ident| $get:expr,
        |$host:ident, $store:ident, $value:ident, $mode:ident| $set:expr,
        |$word:ident| $first:expr
    ) => {
        $(#[$tail_doc])*
        #[repr(C)]
        pub struct $Tail<$P> {
            align: [TaggedCell; 0],
            _type: PhantomData<fn() -> $P>,
        }

        $(#[$elements_doc])*
        pub struct $Elements<'a, $P> {
            span: Span<'a>,
            _type: PhantomData<fn() -> $P>,
        }

        impl<$P> Clone for $Elements<'_, $P> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$P> Copy for $Elements<'_, $P> {}

        impl<$P: $bound> $Tail<$P> {
            /// The elements of `object`.
            ///
            /// # Safety
            ///
            /// `object` has this tail, `len` elements of it, after `header_size` bytes.
            #[inline]
            pub unsafe fn of<'a, T: HeapClass>(&'a self, object: &'a T, header_size: usize, len: usize) -> $Elements<'a, $P> {
                $Elements { span: Span::new(object, header_size, len), _type: PhantomData }
            }

            /// Writes the elements of an object being made.
            ///
            /// # Safety
            ///
            /// There is room for `values.len()` elements after `header_size` bytes; the allocator looks at the
            /// object afterwards if it is not young.
            #[inline]
            pub unsafe fn init<I>(&self, object: ObjectAddress, header_size: usize, values: impl $init<$P, I>) {
                let start = object.offset(header_size);
                for i in 0..values.len() {
                    // SAFETY: the allocator holds the scope.
                    let $word = unsafe { values.word(i) };
                    // SAFETY: the caller's contract.
                    unsafe { TaggedCell::at(start + i * TAGGED_SIZE) }.store($first, Ordering::Relaxed);
                }
            }
        }

        impl<'a, $P: $bound> $Elements<'a, $P> {
            /// How many.
            #[inline]
            #[must_use]
            pub fn len(self) -> usize {
                self.span.len
            }

            /// Whether there are none.
            #[inline]
            #[must_use]
            pub fn is_empty(self) -> bool {
                self.span.len == 0
            }

            /// The element at `index`.
            ///
            /// # Panics
            ///
            /// If `index` is not below [`len`](Self::len).
            #[inline]
            #[must_use]
            #[track_caller]
            pub fn get(self, index: usize) -> $item {
                let $cell = self.span.cell(index);
                $get
            }

            /// Stores an element and tells the collector.
            ///
            /// # Safety
            ///
            /// The tail is not constant.
            ///
            /// # Panics
            ///
            /// If `index` is not below [`len`](Self::len).
            #[inline]
            #[track_caller]
            pub unsafe fn set<I>(self, index: usize, value: impl $admits<$P, I>) {
                // SAFETY: the caller's contract.
                unsafe { self.set_with_mode(index, value, WriteBarrierMode::UPDATE) }
            }

            /// Stores an element and tells the collector as `mode` says.
            ///
            /// # Safety
            ///
            /// The tail is not constant.
            ///
            /// # Panics
            ///
            /// If `index` is not below [`len`](Self::len).
            #[inline]
            #[track_caller]
            pub unsafe fn set_with_mode<I, V: $admits<$P, I>>(self, index: usize, value: V, mode: WriteBarrierMode<'_>) {
                let $mode = mode.for_value(V::NEEDS_BARRIER);
                let $store = self.span.cell(index);
                // SAFETY: the elements borrow a scope of the isolate.
                let $value = unsafe { value.word() };
                let $host = self.span.host;
                $set
            }

            /// The elements in order.
            pub fn iter(self) -> impl ExactSizeIterator<Item = $item> + 'a {
                (0..self.span.len).map(move |i| self.get(i))
            }
        }
    };
}

tagged_tail! {
    /// A tail of strong tagged elements; itself of size zero.
    TaggedTail,
    /// The strong tagged elements of one object.
    TaggedElements,
    U: TaggedType, U::Ref<'a>, Admits, TaggedTailInit,
    // SAFETY: the cell holds what `Admits<U, _>` produced, and the object stays put for `'a`.
    |cell| unsafe { U::from_word(cell.load(Ordering::Relaxed)) },
    |host, cell, word, mode| {
        cell.store(word, Ordering::Relaxed);
        barrier::write::<U>(host, cell.address(), word, mode);
    },
    |word| word
}

tagged_tail! {
    /// A tail of weak elements; itself of size zero.
    WeakTail,
    /// The weak elements of one object.
    WeakElements,
    C: HeapClass, Option<&'a C>, AdmitsWeak, WeakTailInit,
    |cell| weak_ref(cell.load(Ordering::Relaxed)),
    |host, cell, word, mode| store_weak(cell, host, word, mode, Ordering::Relaxed),
    |word| word.to_weak()
}

/// A tail of raw elements; itself of size zero.
#[repr(C)]
pub struct RawTail<T: RawValue> {
    align: [T::Cell; 0],
}

/// The raw elements of one object.
pub struct RawElements<'a, T> {
    span: Span<'a>,
    _type: PhantomData<T>,
}

impl<T> Clone for RawElements<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for RawElements<'_, T> {}

impl<T: RawValue> RawTail<T> {
    /// The elements of `object`.
    ///
    /// # Safety
    ///
    /// `object` has this tail, `len` elements of it, after `header_size` bytes.
    #[inline]
    pub unsafe fn of<'a, C: HeapClass>(&'a self, object: &'a C, header_size: usize, len: usize) -> RawElements<'a, T> {
        const { assert!(C::ELEMENT_SIZE == size_of::<T>(), "the layout disagrees on the size of an element") };
        RawElements { span: Span::new(object, header_size, len), _type: PhantomData }
    }

    /// Writes the elements of an object being made.
    ///
    /// # Safety
    ///
    /// There is room for `values.len()` elements after `header_size` bytes.
    #[inline]
    pub unsafe fn init(&self, object: ObjectAddress, header_size: usize, values: impl RawTailInit<T>) {
        // SAFETY: the caller's contract.
        unsafe { values.write(object.offset(header_size)) }
    }
}

impl<'a, T: RawValue> RawElements<'a, T> {
    /// How many.
    #[inline]
    #[must_use]
    pub fn len(self) -> usize {
        self.span.len
    }

    /// Whether there are none.
    #[inline]
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.span.len == 0
    }

    #[inline]
    #[track_caller]
    fn cell(self, index: usize) -> &'a T::Cell {
        if index >= self.span.len {
            out_of_bounds(index, self.span.len);
        }
        let address = self.span.start + index * size_of::<T::Cell>();
        // SAFETY: inside the object's tail, which is committed for `'a`; cells are aligned to at most a word, and the
        // macros' layout check holds the tail to that.
        unsafe { &*core::ptr::with_exposed_provenance::<T::Cell>(address) }
    }

    /// The element at `index`.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`len`](Self::len).
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn get(self, index: usize) -> T {
        T::load(self.cell(index))
    }

    /// Stores an element.
    ///
    /// # Safety
    ///
    /// The tail is not constant.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`len`](Self::len).
    #[inline]
    #[track_caller]
    pub unsafe fn set(self, index: usize, value: T) {
        T::store(self.cell(index), value);
    }

    /// The elements in order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = T> + 'a {
        (0..self.span.len).map(move |i| self.get(i))
    }

    /// All elements at once, for tails that nothing can change.
    ///
    /// # Safety
    ///
    /// The tail is constant.
    #[inline]
    #[must_use]
    pub unsafe fn as_slice(self) -> &'a [T] {
        const { assert!(align_of::<T>() <= 4, "elements are aligned to 4 bytes at most") };
        let start = core::ptr::with_exposed_provenance::<T>(self.span.start);
        // SAFETY: `len` initialised elements of an object that stays put for `'a`, written only while it was made.
        unsafe { core::slice::from_raw_parts(start, self.span.len) }
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
        let start = core::ptr::with_exposed_provenance::<Cell<T>>(self.span.start);
        // SAFETY: `len` initialised elements of an object that stays put for `'a`; only the thread that has entered
        // the isolate touches raw elements, and a `Cell` is not `Sync`.
        unsafe { core::slice::from_raw_parts(start, self.span.len) }
    }
}
