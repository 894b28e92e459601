//! The cells that fields are made of. Their types are what the macros put into a class's struct; the methods are
//! called from generated accessors.
//!
//! Cells cannot be made in safe code, so neither can objects. Setters are `unsafe` because a class's own module can
//! name its cells: only generated accessors know which fields are constant.

use super::admits::{Admits, AdmitsWeak};
use super::class::{HeapClass, TaggedType};
use super::raw::{AtomicRawValue, RawValue};
use super::smi::Smi;
use super::value::Tagged;
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

/// The value that a field of `object` would hold after `value` was stored: for the conditions of checked setters.
#[inline]
pub fn admitted<'a, U: TaggedType, T, I>(object: &'a T, value: &impl Admits<U, I>) -> U::Ref<'a> {
    let _ = object;
    // SAFETY: `object` borrows a scope for `'a`, so nothing moves; what is admitted is a value of `U`.
    unsafe { U::from_word(value.word()) }
}

/// The same for a weak field.
#[inline]
pub fn admitted_weak<'a, C: HeapClass, T, I>(object: &'a T, value: &impl AdmitsWeak<C, I>) -> Option<&'a C> {
    let _ = object;
    // SAFETY: as in `admitted`.
    weak_ref(unsafe { value.word() })
}

/// A strong tagged field.
#[repr(transparent)]
pub struct TaggedField<U> {
    cell: TaggedCell,
    _type: PhantomData<fn() -> U>,
}

// What a field's type is has been proved where its class's layout is made, once: no bound here, so that a wrong type is
// reported there alone.
impl<U> TaggedField<U> {
    /// The word, completed from the address of `object`.
    #[inline]
    fn load<T>(&self, object: &T, order: Ordering) -> Word {
        self.cell.load_near(address_of(object), order)
    }

    /// The value of a field that holds instances of the class `U`.
    ///
    /// # Safety
    ///
    /// `U` is a class, and `object` the one that the field belongs to.
    #[inline]
    pub unsafe fn get_class<'a, T>(&'a self, object: &'a T, order: Ordering) -> &'a U {
        // SAFETY: the cell holds what `Admits<U, _>` produced; `&self` lives no longer than the object stays put. The
        // object completes a compressed reference.
        unsafe { self.load(object, order).as_strong() }
    }

    /// The value of a field that holds one of several classes.
    ///
    /// # Safety
    ///
    /// `U` is a union or `Any`, and `object` the one that the field belongs to.
    #[inline]
    pub unsafe fn get_union<'a, T>(&'a self, object: &'a T, order: Ordering) -> Tagged<'a, U> {
        // SAFETY: as in `get_class`.
        unsafe { Tagged::from_word(self.load(object, order)) }
    }

    /// Stores a value and tells the collector. `object` is the one that the field belongs to.
    ///
    /// # Safety
    ///
    /// The field is not constant, and is `object`'s.
    #[inline]
    pub unsafe fn set<T, I>(&self, object: &T, value: impl Admits<U, I>) {
        // SAFETY: the caller's contract; who made the value's mode vouches for the skip.
        unsafe { self.store(object, value, Ordering::Relaxed) }
    }

    /// Stores a value with release order and tells the collector.
    ///
    /// # Safety
    ///
    /// As for [`set`](Self::set).
    #[inline]
    pub unsafe fn set_release<T, I>(&self, object: &T, value: impl Admits<U, I>) {
        // SAFETY: as in `set`.
        unsafe { self.store(object, value, Ordering::Release) }
    }

    /// Stores a value with sequentially consistent order and tells the collector.
    ///
    /// # Safety
    ///
    /// As for [`set`](Self::set).
    #[inline]
    pub unsafe fn set_seq_cst<T, I>(&self, object: &T, value: impl Admits<U, I>) {
        // SAFETY: as in `set`.
        unsafe { self.store(object, value, Ordering::SeqCst) }
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
    unsafe fn store<T, I, V: Admits<U, I>>(&self, object: &T, value: V, order: Ordering) {
        // SAFETY: `object` borrows a scope.
        let word = unsafe { value.word() };
        self.cell.store(word, order);
        self.tell::<T, I, V>(object, word, value.mode());
    }

    /// What is to be done after a store of a `V`.
    #[inline(always)]
    fn tell<T, I, V: Admits<U, I>>(&self, object: &T, word: Word, mode: WriteBarrierMode<'_>) {
        if V::MAY_BE_SMI && word.is_smi() {
            return;
        }
        barrier::write_object(address_of(object), self.cell.address(), word, mode.for_value(V::NEEDS_BARRIER));
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

impl<C> TaggedField<Option<C>> {
    /// The value of a field that holds an instance of the class `C` or nothing.
    ///
    /// # Safety
    ///
    /// `C` is a class, and `object` the one that the field belongs to.
    #[inline]
    pub unsafe fn get_optional<'a, T>(&'a self, object: &'a T, order: Ordering) -> Option<&'a C> {
        let word = self.load(object, order);
        // SAFETY: as in `get_class`; what is no Smi is an object.
        (!word.is_smi()).then(|| unsafe { word.as_strong() })
    }
}

impl<U: TaggedType> TaggedField<U> {
    /// Stores a value in one step with reading the one before, and tells the collector.
    ///
    /// # Safety
    ///
    /// As for [`set`](Self::set).
    #[inline]
    pub unsafe fn swap<'a, T, I, V: Admits<U, I>>(&'a self, object: &'a T, value: V, order: Ordering) -> U::Ref<'a> {
        // SAFETY: `object` borrows a scope.
        let word = unsafe { value.word() };
        let before = self.cell.swap(word, address_of(object), order);
        self.tell::<T, I, V>(object, word, WriteBarrierMode::UPDATE);
        // SAFETY: as in `get`.
        unsafe { U::from_word(before) }
    }

    /// Stores `new` in one step if the field holds `current`, and then tells the collector. What the field held before.
    ///
    /// # Safety
    ///
    /// As for [`set`](Self::set).
    #[inline]
    pub unsafe fn compare_exchange<'a, T, I, J, V: Admits<U, J>>(
        &'a self,
        object: &'a T,
        current: impl Admits<U, I>,
        new: V,
        order: Ordering,
    ) -> Result<U::Ref<'a>, U::Ref<'a>> {
        // SAFETY: `object` borrows a scope.
        let (current, new) = unsafe { (current.word(), new.word()) };
        let before = self.cell.compare_exchange(current, new, address_of(object), order);
        if before.is_ok() {
            self.tell::<T, J, V>(object, new, WriteBarrierMode::UPDATE);
        }
        // SAFETY: as in `get`.
        let read = |word| unsafe { U::from_word(word) };
        before.map(read).map_err(read)
    }
}

/// A weak field.
#[repr(transparent)]
pub struct WeakField<C> {
    cell: TaggedCell,
    _type: PhantomData<fn() -> C>,
}

impl<C> WeakField<C> {
    /// The referent, if it is alive and there is one.
    ///
    /// # Safety
    ///
    /// `C` is a class, and `object` the one that the field belongs to.
    #[inline]
    pub unsafe fn get_weak<'a, T>(&'a self, object: &'a T, order: Ordering) -> Option<&'a C> {
        weak_ref(self.cell.load_near(address_of(object), order))
    }

    /// Stores a referent and tells the collector. `object` is the one that the field belongs to.
    ///
    /// # Safety
    ///
    /// The field is not constant, and is `object`'s.
    #[inline]
    pub unsafe fn set<T, I>(&self, object: &T, value: impl AdmitsWeak<C, I>) {
        self.store(object, value, Ordering::Relaxed);
    }

    /// Stores a referent with release order and tells the collector.
    ///
    /// # Safety
    ///
    /// As for [`set`](Self::set).
    #[inline]
    pub unsafe fn set_release<T, I>(&self, object: &T, value: impl AdmitsWeak<C, I>) {
        self.store(object, value, Ordering::Release);
    }

    /// Stores a referent with sequentially consistent order and tells the collector.
    ///
    /// # Safety
    ///
    /// As for [`set`](Self::set).
    #[inline]
    pub unsafe fn set_seq_cst<T, I>(&self, object: &T, value: impl AdmitsWeak<C, I>) {
        self.store(object, value, Ordering::SeqCst);
    }

    #[inline]
    fn store<T, I, V: AdmitsWeak<C, I>>(&self, object: &T, value: V, order: Ordering) {
        let mode = value.mode().for_value(V::NEEDS_BARRIER);
        // SAFETY: `object` borrows a scope of the isolate.
        store_weak(&self.cell, address_of(object), unsafe { value.word() }, mode, order);
    }

    /// What is to be done after a store of a `V`.
    #[inline(always)]
    fn tell<T, I, V: AdmitsWeak<C, I>>(&self, object: &T, word: Word) {
        if !word.is_cleared() {
            let mode = WriteBarrierMode::UPDATE.for_value(V::NEEDS_BARRIER);
            barrier::write_object(address_of(object), self.cell.address(), word, mode);
        }
    }

    /// Stores a referent in one step with reading the one before, and tells the collector.
    ///
    /// # Safety
    ///
    /// As for [`set`](Self::set).
    #[inline]
    pub unsafe fn swap<'a, T, I, V: AdmitsWeak<C, I>>(
        &'a self,
        object: &'a T,
        value: V,
        order: Ordering,
    ) -> Option<&'a C> {
        // SAFETY: `object` borrows a scope of the isolate.
        let word = unsafe { value.word() };
        let before = self.cell.swap(word.to_weak(), address_of(object), order);
        self.tell::<T, I, V>(object, word);
        weak_ref(before)
    }

    /// Stores `new` in one step if the field refers to `current`, and then tells the collector. What it referred to
    /// before. [`Nil`](super::Nil) stands for a referent that never was as for one that has died: both are the cleared
    /// word. A referent cannot die meanwhile, as no collection can happen.
    ///
    /// # Safety
    ///
    /// As for [`set`](Self::set).
    #[inline]
    pub unsafe fn compare_exchange<'a, T, I, J, V: AdmitsWeak<C, J>>(
        &'a self,
        object: &'a T,
        current: impl AdmitsWeak<C, I>,
        new: V,
        order: Ordering,
    ) -> Result<Option<&'a C>, Option<&'a C>> {
        // SAFETY: `object` borrows a scope of the isolate.
        let (current, new) = unsafe { (current.word(), new.word()) };
        let before = self.cell.compare_exchange(current.to_weak(), new.to_weak(), address_of(object), order);
        if before.is_ok() {
            self.tell::<T, J, V>(object, new);
        }
        before.map(weak_ref).map_err(weak_ref)
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
pub(super) fn weak_ref<'a, C>(word: Word) -> Option<&'a C> {
    if word.is_cleared() {
        None
    } else {
        // SAFETY: not cleared, so an instance of `C` that the collector keeps until it clears the field. The callers
        // bound `'a` by the object that holds the field.
        Some(unsafe { word.as_object() })
    }
}

#[inline]
pub(super) fn store_weak(cell: &TaggedCell, host: usize, word: Word, mode: WriteBarrierMode<'_>, order: Ordering) {
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

    /// The integer, read with sequentially consistent order.
    #[inline]
    pub fn get_seq_cst(&self) -> i32 {
        Smi::from_word(self.cell.load(Ordering::SeqCst)).value()
    }

    /// Stores an integer with sequentially consistent order.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set_seq_cst(&self, value: Smi) {
        self.cell.store(value.to_word(), Ordering::SeqCst);
    }

    /// Stores an integer in one step with reading the one before.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn swap(&self, value: Smi, order: Ordering) -> i32 {
        Smi::from_word(self.cell.swap(value.to_word(), 0, order)).value()
    }

    /// Stores `new` in one step if the field holds `current`. What it held before.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn compare_exchange(&self, current: Smi, new: Smi, order: Ordering) -> Result<i32, i32> {
        let value = |word| Smi::from_word(word).value();
        self.cell.compare_exchange(current.to_word(), new.to_word(), 0, order).map(value).map_err(value)
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
        Self::bits(self.field.get())
    }

    /// The bit field, read with acquire order.
    #[inline]
    pub fn get_acquire(&self) -> B {
        Self::bits(self.field.get_acquire())
    }

    /// Stores what `update` makes of the bit field. What the field held before.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    #[track_caller]
    pub unsafe fn update(&self, update: impl FnOnce(B) -> B) -> B {
        let before = self.get();
        // SAFETY: the caller's contract.
        unsafe { self.set(update(before)) };
        before
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

    /// The bit field, read with sequentially consistent order.
    #[inline]
    pub fn get_seq_cst(&self) -> B {
        Self::bits(self.field.get_seq_cst())
    }

    /// Stores the bit field with sequentially consistent order.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set_seq_cst(&self, value: B) {
        // SAFETY: the caller's contract.
        unsafe { self.field.set_seq_cst(Self::smi(value)) }
    }

    /// Stores the bit field in one step with reading the one before.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn swap(&self, value: B, order: Ordering) -> B {
        // SAFETY: the caller's contract.
        Self::bits(unsafe { self.field.swap(Self::smi(value), order) })
    }

    /// Stores `new` in one step if the field holds the bits of `current`. What it held before.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn compare_exchange(&self, current: B, new: B, order: Ordering) -> Result<B, B> {
        // SAFETY: the caller's contract.
        let before = unsafe { self.field.compare_exchange(Self::smi(current), Self::smi(new), order) };
        before.map(Self::bits).map_err(Self::bits)
    }

    /// Stores what `update` makes of the bit field, in one step: it is called again if another thread came between. What
    /// the field held before.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn update_ordered(&self, mut update: impl FnMut(B) -> B, order: Ordering) -> B {
        let mut before = self.get();
        loop {
            let after = update(before);
            // SAFETY: the caller's contract.
            match unsafe { self.compare_exchange(before, after, order) } {
                Ok(before) => return before,
                Err(now) => before = now,
            }
        }
    }

    #[inline]
    fn bits(value: i32) -> B {
        B::from_storage(value as u32 & Self::VALUE)
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

    /// The value, read with sequentially consistent order.
    #[inline]
    pub fn get_seq_cst(&self) -> T {
        T::load_ordered(&self.cell, Ordering::SeqCst)
    }

    /// Stores a value with sequentially consistent order.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set_seq_cst(&self, value: T) {
        T::store_ordered(&self.cell, value, Ordering::SeqCst);
    }

    /// Stores a value in one step with reading the one before.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn swap(&self, value: T, order: Ordering) -> T {
        T::swap(&self.cell, value, order)
    }

    /// Stores `new` in one step if the field holds the bits of `current`. What it held before.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn compare_exchange(&self, current: T, new: T, order: Ordering) -> Result<T, T> {
        T::compare_exchange(&self.cell, current, new, order)
    }
}

/// A bit field in raw bytes, aligned to a tagged word at most. Of any type, so that what is no bit field is one error
/// and the class around it still has a size.
#[repr(C, packed(4))]
pub struct BitsField<B> {
    bits: UnsafeCell<B>,
}

impl<B: Bitfield> BitsField<B> {
    const SAME: () = assert!(
        size_of::<Self>() == size_of::<RawField<B::Storage>>()
            && align_of::<Self>() == align_of::<RawField<B::Storage>>()
    );

    #[inline]
    fn field(&self) -> &RawField<B::Storage> {
        const { Self::SAME };
        // SAFETY: a `Bitfield` is its storage, transparently, so these are the bytes of a raw field of that type, with
        // interior mutability here and there.
        unsafe { &*core::ptr::from_ref(self).cast() }
    }

    /// The bit field.
    #[inline]
    pub fn get(&self) -> B {
        B::from_storage(self.field().get())
    }

    /// Stores what `update` makes of the bit field. What the field held before.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    #[track_caller]
    pub unsafe fn update(&self, update: impl FnOnce(B) -> B) -> B {
        let before = self.get();
        // SAFETY: the caller's contract.
        unsafe { self.set(update(before)) };
        before
    }

    /// Stores the bit field.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set(&self, value: B) {
        // SAFETY: the caller's contract.
        unsafe { self.field().set(value.into_storage()) }
    }
}

impl<B: Bitfield<Storage: AtomicRawValue>> BitsField<B> {
    /// The bit field, read with relaxed order.
    #[inline]
    pub fn get_relaxed(&self) -> B {
        B::from_storage(self.field().get_relaxed())
    }

    /// The bit field, read with acquire order.
    #[inline]
    pub fn get_acquire(&self) -> B {
        B::from_storage(self.field().get_acquire())
    }

    /// Stores the bit field with relaxed order.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set_relaxed(&self, value: B) {
        // SAFETY: the caller's contract.
        unsafe { self.field().set_relaxed(value.into_storage()) }
    }

    /// Stores the bit field with release order.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set_release(&self, value: B) {
        // SAFETY: the caller's contract.
        unsafe { self.field().set_release(value.into_storage()) }
    }

    /// The bit field, read with sequentially consistent order.
    #[inline]
    pub fn get_seq_cst(&self) -> B {
        B::from_storage(self.field().get_seq_cst())
    }

    /// Stores the bit field with sequentially consistent order.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn set_seq_cst(&self, value: B) {
        // SAFETY: the caller's contract.
        unsafe { self.field().set_seq_cst(value.into_storage()) }
    }

    /// Stores the bit field in one step with reading the one before.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn swap(&self, value: B, order: Ordering) -> B {
        // SAFETY: the caller's contract.
        B::from_storage(unsafe { self.field().swap(value.into_storage(), order) })
    }

    /// Stores `new` in one step if the field holds the bits of `current`. What it held before.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn compare_exchange(&self, current: B, new: B, order: Ordering) -> Result<B, B> {
        // SAFETY: the caller's contract.
        let before = unsafe { self.field().compare_exchange(current.into_storage(), new.into_storage(), order) };
        before.map(B::from_storage).map_err(B::from_storage)
    }

    /// Stores what `update` makes of the bit field, in one step: it is called again if another thread came between. What
    /// the field held before.
    ///
    /// # Safety
    ///
    /// The field is not constant.
    #[inline]
    pub unsafe fn update_ordered(&self, mut update: impl FnMut(B) -> B, order: Ordering) -> B {
        let mut before = self.get_relaxed();
        loop {
            let after = update(before);
            // SAFETY: the caller's contract.
            match unsafe { self.compare_exchange(before, after, order) } {
                Ok(before) => return before,
                Err(now) => before = now,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitfield;

    #[bitfield(u31)]
    struct Small {
        first: bool,
        #[bits(30)]
        rest: u32,
    }

    #[bitfield(u16)]
    struct Half {
        first: bool,
        #[bits(15)]
        rest: u16,
    }

    const ROUNDS: u16 = 20_000;

    struct Shared(BitsField<Half>);

    // SAFETY: the test changes it with atomic operations only.
    unsafe impl Sync for Shared {}

    impl Shared {
        fn field(&self) -> &BitsField<Half> {
            &self.0
        }
    }

    /// Two threads count in the two parts of a field, and neither loses a step.
    fn race(first: impl Fn() + Sync, rest: impl Fn() + Sync) {
        std::thread::scope(|scope| {
            scope.spawn(|| (0..ROUNDS).for_each(|_| first()));
            scope.spawn(|| (0..ROUNDS).for_each(|_| rest()));
        });
    }

    #[test]
    fn updates_by_two_threads_do_not_disturb_each_other() {
        for order in [Ordering::Relaxed, Ordering::AcqRel, Ordering::SeqCst] {
            let cell = TaggedCell::zero();
            let field: SmiBitsField<Small> = SmiBitsField { field: SmiField { cell }, _type: PhantomData };
            // SAFETY: not constant.
            let update = |with: fn(Small) -> Small| unsafe { _ = field.update_ordered(with, order) };
            race(|| update(|bits| bits.with_first(!bits.first())), || update(|bits| bits.with_rest(bits.rest() + 1)));
            assert_eq!((field.get().first(), field.get().rest()), (false, u32::from(ROUNDS)));

            let shared = Shared(BitsField { bits: UnsafeCell::new(Half::new()) });
            // SAFETY: not constant.
            let update = |with: fn(Half) -> Half| unsafe { _ = shared.field().update_ordered(with, order) };
            race(|| update(|bits| bits.with_first(!bits.first())), || update(|bits| bits.with_rest(bits.rest() + 1)));
            assert_eq!((shared.field().get().first(), shared.field().get().rest()), (false, ROUNDS));
        }
    }
}
