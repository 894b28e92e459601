//! The cells that fields are made of. Their types are what the macros put into a class's struct; the methods are
//! called from generated accessors.
//!
//! Cells cannot be made in safe code, so neither can objects. Setters are `unsafe` because a class's own module can
//! name its cells: only generated accessors know which fields are constant.

use super::admits::{Admits, AdmitsWeak};
use super::class::{HeapClass, TaggedType};
use super::raw::{AtomicRawValue, RawValue};
use super::smi::Smi;
use super::word::{TaggedCell, Word};
use crate::barrier::{self, WriteBarrierMode};
use crate::layout::{Bitfield, SmiBitfield};
use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::sync::atomic::Ordering;

/// Aligns a class to tagged words, and keeps it from being `Send` or `Sync`.
#[repr(C)]
pub struct AlignTagged {
    align: [TaggedCell; 0],
    not_send: PhantomData<*mut ()>,
}

/// The bytes of the parent's fields, up to where they end.
#[repr(transparent)]
pub struct Inherited<const BYTES: usize> {
    bytes: UnsafeCell<[MaybeUninit<u8>; BYTES]>,
}

/// Explicit padding.
pub type PaddingBytes<const BYTES: usize> = Inherited<BYTES>;

/// Explicit padding with full pointers only. V8: `optional_padding`.
#[cfg(feature = "pointer-compression")]
#[repr(transparent)]
pub struct OptionalPaddingBytes<const BYTES: usize>(Inherited<0>);
/// Explicit padding with full pointers only. V8: `optional_padding`.
#[cfg(not(feature = "pointer-compression"))]
#[repr(transparent)]
pub struct OptionalPaddingBytes<const BYTES: usize>(Inherited<BYTES>);

/// The object as its parent class. For the macros' `Deref`.
#[inline]
#[must_use]
pub fn upcast<T: HeapClass>(object: &T) -> &T::Parent {
    // SAFETY: `HeapClass` promises that a class begins with the fields of its parent.
    unsafe { &*core::ptr::from_ref(object).cast() }
}

#[inline(always)]
fn address_of<T>(object: &T) -> usize {
    core::ptr::from_ref(object).addr()
}

/// A strong tagged field.
#[repr(transparent)]
pub struct TaggedField<U> {
    cell: TaggedCell,
    _type: PhantomData<fn() -> U>,
}

impl<U: TaggedType> TaggedField<U> {
    /// The value. `object` is the one that the field belongs to: every other of the isolate would do as well, for its
    /// address completes a compressed reference, but that one is at hand.
    #[inline]
    pub fn get<T>(&self, object: &T) -> U::Ref<'_> {
        // SAFETY: the cell holds what `Admits<U, _>` produced; `&self` lives no longer than the object stays put. One
        // isolate is entered on this thread, so `object` lies in the same cage.
        unsafe { U::from_word(self.cell.load_near(address_of(object), Ordering::Relaxed)) }
    }

    /// The value, read with acquire order.
    #[inline]
    pub fn get_acquire<T>(&self, object: &T) -> U::Ref<'_> {
        // SAFETY: as in `get`.
        unsafe { U::from_word(self.cell.load_near(address_of(object), Ordering::Acquire)) }
    }

    /// Stores a value and tells the collector.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set<I>(&self, value: impl Admits<U, I>) {
        // SAFETY: the caller's contract; `UPDATE` never skips a barrier that is needed. `&self` borrows a scope.
        unsafe { self.store(value.word(), WriteBarrierMode::UPDATE, Ordering::Relaxed) }
    }

    /// Stores a value with release order and tells the collector.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set_release<I>(&self, value: impl Admits<U, I>) {
        // SAFETY: as in `set`.
        unsafe { self.store(value.word(), WriteBarrierMode::UPDATE, Ordering::Release) }
    }

    /// Stores a value and tells the collector as `mode` says.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set_with_mode<I>(&self, value: impl Admits<U, I>, mode: WriteBarrierMode) {
        // SAFETY: the caller's contract; who made `mode` vouches for the skip.
        unsafe { self.store(value.word(), mode, Ordering::Relaxed) }
    }

    /// Stores a value with release order and tells the collector as `mode` says.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set_release_with_mode<I>(&self, value: impl Admits<U, I>, mode: WriteBarrierMode) {
        // SAFETY: as in `set_with_mode`.
        unsafe { self.store(value.word(), mode, Ordering::Release) }
    }

    /// Stores a value into an element of `object` and tells the collector as `mode` says.
    ///
    /// # Safety
    ///
    /// The element is one of `object`'s and not constant.
    #[inline]
    pub unsafe fn set_in<T, I>(&self, object: &T, value: impl Admits<U, I>, mode: WriteBarrierMode) {
        // SAFETY: `&self` borrows a scope of the isolate.
        let word = unsafe { value.word() };
        self.cell.store(word, Ordering::Relaxed);
        barrier::write::<U>(core::ptr::from_ref(object).addr(), self.cell.address(), word, mode);
    }

    /// Writes the cell of an object being made.
    ///
    /// # Safety
    ///
    /// As for [`init`](Self::init).
    #[inline]
    pub(super) unsafe fn init_ref<I>(&self, value: &impl Admits<U, I>) {
        // SAFETY: the allocator holds the scope.
        self.cell.store(unsafe { value.word() }, Ordering::Relaxed);
    }

    #[inline]
    unsafe fn store(&self, word: Word, mode: WriteBarrierMode, order: Ordering) {
        self.cell.store(word, order);
        let slot = self.cell.address();
        // Fixed fields lie in the object's first chunk, so the slot's chunk is the host's.
        barrier::write::<U>(slot, slot, word, mode);
    }

    /// Writes the field of an object being made.
    ///
    /// # Safety
    ///
    /// The object is being initialised; the allocator looks at it afterwards if it is not young.
    #[inline]
    pub unsafe fn init<I>(&self, value: impl Admits<U, I>) {
        // SAFETY: the allocator holds the scope.
        self.cell.store(unsafe { value.word() }, Ordering::Relaxed);
    }
}

/// A weak field.
#[repr(transparent)]
pub struct WeakField<C> {
    cell: TaggedCell,
    _type: PhantomData<fn() -> C>,
}

impl<C: HeapClass> WeakField<C> {
    /// The referent, if it is alive and there is one; `object` as in [`TaggedField::get`].
    #[inline]
    pub fn get<T>(&self, object: &T) -> Option<&C> {
        weak_ref(self.cell.load_near(address_of(object), Ordering::Relaxed))
    }

    /// The referent, read with acquire order.
    #[inline]
    pub fn get_acquire<T>(&self, object: &T) -> Option<&C> {
        weak_ref(self.cell.load_near(address_of(object), Ordering::Acquire))
    }

    /// Stores a referent and tells the collector.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set<I>(&self, value: impl AdmitsWeak<C, I>) {
        // SAFETY: the caller's contract.
        unsafe { self.set_with_mode(value, WriteBarrierMode::UPDATE) }
    }

    /// Stores a referent with release order and tells the collector.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set_release<I>(&self, value: impl AdmitsWeak<C, I>) {
        // SAFETY: the caller's contract.
        unsafe { self.set_release_with_mode(value, WriteBarrierMode::UPDATE) }
    }

    /// Stores a referent and tells the collector as `mode` says.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set_with_mode<I>(&self, value: impl AdmitsWeak<C, I>, mode: WriteBarrierMode) {
        // SAFETY: `&self` borrows a scope of the isolate.
        store_weak(&self.cell, self.cell.address(), unsafe { value.word() }, mode, Ordering::Relaxed);
    }

    /// Stores a referent with release order and tells the collector as `mode` says.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set_release_with_mode<I>(&self, value: impl AdmitsWeak<C, I>, mode: WriteBarrierMode) {
        // SAFETY: `&self` borrows a scope of the isolate.
        store_weak(&self.cell, self.cell.address(), unsafe { value.word() }, mode, Ordering::Release);
    }

    /// Writes the field of an object being made.
    ///
    /// # Safety
    ///
    /// The object is being initialised; the allocator looks at it afterwards if it is not young.
    #[inline]
    pub unsafe fn init<I>(&self, value: impl AdmitsWeak<C, I>) {
        // SAFETY: the allocator holds the scope.
        self.cell.store(unsafe { value.word() }.to_weak(), Ordering::Relaxed);
    }

    /// Stores a referent into an element of `object` and tells the collector as `mode` says.
    ///
    /// # Safety
    ///
    /// The element is one of `object`'s and not constant.
    #[inline]
    pub unsafe fn set_in<T, I>(&self, object: &T, value: impl AdmitsWeak<C, I>, mode: WriteBarrierMode) {
        let host = core::ptr::from_ref(object).addr();
        // SAFETY: `&self` borrows a scope of the isolate.
        store_weak(&self.cell, host, unsafe { value.word() }, mode, Ordering::Relaxed);
    }

    /// Writes the cell of an object being made.
    ///
    /// # Safety
    ///
    /// As for [`init`](Self::init).
    #[inline]
    pub(super) unsafe fn init_ref<I>(&self, value: &impl AdmitsWeak<C, I>) {
        // SAFETY: the allocator holds the scope.
        self.cell.store(unsafe { value.word() }.to_weak(), Ordering::Relaxed);
    }
}

/// The referent of a weak word that `AdmitsWeak<C, _>` produced.
#[inline]
pub(super) fn weak_ref<'a, C: HeapClass>(word: Word) -> Option<&'a C> {
    if word.is_cleared() {
        None
    } else {
        // SAFETY: not cleared, so an instance of `C` that the collector keeps until it clears the field. The callers
        // bound `'a` by the object that holds the field.
        Some(unsafe { word.as_object() })
    }
}

#[inline]
pub(super) fn store_weak(cell: &TaggedCell, host: usize, word: Word, mode: WriteBarrierMode, order: Ordering) {
    cell.store(word.to_weak(), order);
    if !word.is_cleared() {
        barrier::write_object(host, cell.address(), word, mode);
    }
}

/// A Smi field: no barrier, ever.
#[repr(transparent)]
pub struct SmiField {
    cell: TaggedCell,
}

impl SmiField {
    /// The integer.
    #[inline]
    pub fn get(&self) -> i32 {
        Smi::from_word(Word::decompress(self.cell.load_raw(), 0)).value()
    }

    /// The integer, read with acquire order.
    #[inline]
    pub fn get_acquire(&self) -> i32 {
        Smi::from_word(self.cell.load(Ordering::Acquire)).value()
    }

    /// Stores an integer.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set(&self, value: Smi) {
        self.cell.store_raw(value.to_word().compress());
    }

    /// Stores an integer with release order.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set_release(&self, value: Smi) {
        self.cell.store(value.to_word(), Ordering::Release);
    }

    /// Writes the field of an object being made.
    ///
    /// # Safety
    ///
    /// The object is being initialised.
    ///
    /// # Panics
    ///
    /// If the integer does not fit a Smi.
    #[inline]
    #[track_caller]
    pub unsafe fn init(&self, value: i32) {
        // SAFETY: the caller's contract: a new object's constant fields are written too.
        unsafe { self.set(super::smi::IntoSmi::into_smi(value)) }
    }
}

/// A bit field in a Smi.
#[repr(transparent)]
pub struct SmiBitsField<B> {
    field: SmiField,
    _type: PhantomData<fn() -> B>,
}

impl<B: SmiBitfield> SmiBitsField<B> {
    const VALUE: u32 = (1 << 31) - 1;

    /// The bit field.
    #[inline]
    pub fn get(&self) -> B {
        B::from_storage(self.field.get() as u32 & Self::VALUE)
    }

    /// The bit field, read with acquire order.
    #[inline]
    pub fn get_acquire(&self) -> B {
        B::from_storage(self.field.get_acquire() as u32 & Self::VALUE)
    }

    /// Stores the bit field.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set(&self, value: B) {
        // SAFETY: the caller's contract.
        unsafe { self.field.set(Self::smi(value)) }
    }

    /// Stores the bit field with release order.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set_release(&self, value: B) {
        // SAFETY: the caller's contract.
        unsafe { self.field.set_release(Self::smi(value)) }
    }

    /// The 31 bits as a Smi: the topmost is its sign under compression.
    #[inline]
    fn smi(value: B) -> Smi {
        let bits = value.into_storage();
        Smi::from_word(Word::from_bits(if super::TAGGED_SIZE == 4 {
            (bits << 1) as usize
        } else {
            (bits as usize) << 32
        }))
    }
}

/// A raw field.
#[repr(transparent)]
pub struct RawField<T: RawValue> {
    cell: T::Cell,
}

impl<T: RawValue> RawField<T> {
    /// The value.
    #[inline]
    pub fn get(&self) -> T {
        T::load(&self.cell)
    }

    /// Stores a value.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set(&self, value: T) {
        T::store(&self.cell, value);
    }
}

impl<T: AtomicRawValue> RawField<T> {
    /// The value, read with relaxed order.
    #[inline]
    pub fn get_relaxed(&self) -> T {
        T::load_ordered(&self.cell, Ordering::Relaxed)
    }

    /// The value, read with acquire order.
    #[inline]
    pub fn get_acquire(&self) -> T {
        T::load_ordered(&self.cell, Ordering::Acquire)
    }

    /// Stores a value with relaxed order.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set_relaxed(&self, value: T) {
        T::store_ordered(&self.cell, value, Ordering::Relaxed);
    }

    /// Stores a value with release order.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set_release(&self, value: T) {
        T::store_ordered(&self.cell, value, Ordering::Release);
    }
}

/// A bit field in raw bytes.
#[repr(transparent)]
pub struct BitsField<B: Bitfield> {
    field: RawField<B::Storage>,
}

impl<B: Bitfield> BitsField<B> {
    /// The bit field.
    #[inline]
    pub fn get(&self) -> B {
        B::from_storage(self.field.get())
    }

    /// Stores the bit field.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set(&self, value: B) {
        // SAFETY: the caller's contract.
        unsafe { self.field.set(value.into_storage()) }
    }
}

impl<B: Bitfield<Storage: AtomicRawValue>> BitsField<B> {
    /// The bit field, read with relaxed order.
    #[inline]
    pub fn get_relaxed(&self) -> B {
        B::from_storage(self.field.get_relaxed())
    }

    /// The bit field, read with acquire order.
    #[inline]
    pub fn get_acquire(&self) -> B {
        B::from_storage(self.field.get_acquire())
    }

    /// Stores the bit field with relaxed order.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set_relaxed(&self, value: B) {
        // SAFETY: the caller's contract.
        unsafe { self.field.set_relaxed(value.into_storage()) }
    }

    /// Stores the bit field with release order.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set_release(&self, value: B) {
        // SAFETY: the caller's contract.
        unsafe { self.field.set_release(value.into_storage()) }
    }
}
