//! Words that may be strong references, weak ones or Smis. V8: `MaybeObject`, `Tagged<MaybeWeak<…>>`.
//!
//! What a field may hold is said by a union with `Weak<Class>` among its alternatives, such as
//! `Tagged<(Weak<Map>, TransitionArray, Smi)>`, or by `Tagged<MaybeObject>`. Reading one yields a [`MaybeWeak`], which
//! has to be asked.

use super::admits::{Nil, ObjectSource, WithMode, how};
use super::class::{Any, HeapClass, IsA};
use super::heap_object::HeapObject;
use super::init_tail::ElementInit;
use super::smi::Smi;
use super::value::Tagged;
use super::word::{TaggedCell, Word};
use crate::barrier::{self, WriteBarrierMode};
use crate::layout::{Member, TypeSet};
use core::marker::PhantomData;
use core::sync::atomic::Ordering;

/// In a union: weak references to instances of the class.
pub struct Weak<C>(PhantomData<fn() -> C>);

/// Any strong or weak reference, or a Smi. V8: `MaybeObject`.
#[derive(Clone, Copy, Debug)]
pub enum MaybeObject {}

/// What a word that may be weak is declared as: [`MaybeObject`], or a tuple with `Weak<Class>` in it.
///
/// # Safety
///
/// `SET` describes exactly what [`AdmitsMaybeWeak<Self, _>`](AdmitsMaybeWeak) can produce.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a tagged field",
    label = "not a union of classes",
    note = "write a tuple of classes, of `Weak<Class>` and of `Smi`, or `MaybeObject`"
)]
pub unsafe trait MaybeWeakType: 'static {
    /// The values, as data.
    const SET: TypeSet;
}

/// One alternative of such a union: a class, `Weak<Class>` or [`Smi`].
///
/// # Safety
///
/// `MEMBER` describes the alternative.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be one of a union's alternatives",
    label = "neither a class, nor `Weak` of one, nor `Smi`"
)]
pub unsafe trait MaybeWeakMember: 'static {
    /// The alternative, as data.
    const MEMBER: Member;
}

// SAFETY: a class describes its own instances.
unsafe impl<C: HeapClass> MaybeWeakMember for C {
    const MEMBER: Member = Member::Class(C::CLASS);
}

// SAFETY: weak references to instances of the class.
unsafe impl<C: HeapClass> MaybeWeakMember for Weak<C> {
    const MEMBER: Member = Member::Weak(C::CLASS);
}

// SAFETY: `Smi` is described by `Member::Smi`.
unsafe impl MaybeWeakMember for Smi {
    const MEMBER: Member = Member::Smi;
}

// SAFETY: `Any` describes Smis and strong references, `HeapObject` what weak ones refer to.
unsafe impl MaybeWeakType for MaybeObject {
    const SET: TypeSet = TypeSet::new(&[Member::Any, Member::Weak(<HeapObject as HeapClass>::CLASS)]);
}

/// What a word that may be weak holds, valid for `'gc` as a [`Tagged`] is.
pub struct MaybeWeak<'gc, U> {
    word: Word,
    _object: PhantomData<&'gc HeapObject>,
    _type: PhantomData<fn() -> U>,
}

impl<U> Clone for MaybeWeak<'_, U> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<U> Copy for MaybeWeak<'_, U> {}

impl<'gc, U> MaybeWeak<'gc, U> {
    /// Whether it is a Smi.
    #[inline]
    #[must_use]
    pub const fn is_smi(self) -> bool {
        self.word.is_smi()
    }

    /// The integer, if it is a Smi.
    #[inline]
    #[must_use]
    pub const fn as_smi(self) -> Option<i32> {
        if self.word.is_smi() { Some(Smi::from_word(self.word).value()) } else { None }
    }

    /// Whether it is a weak reference whose referent has died, or [`Nil`] was stored.
    #[inline]
    #[must_use]
    pub const fn is_cleared(self) -> bool {
        self.word.is_cleared()
    }

    /// The object, if this is a strong reference. V8: `GetHeapObjectIfStrong`.
    #[inline]
    #[must_use]
    pub fn as_strong(self) -> Option<&'gc HeapObject> {
        // SAFETY: a strong reference, valid for `'gc`.
        self.word.is_strong().then(|| unsafe { self.word.as_strong() })
    }

    /// The object, if this is a weak reference and it is alive. V8: `GetHeapObjectIfWeak`.
    #[inline]
    #[must_use]
    pub fn as_weak(self) -> Option<&'gc HeapObject> {
        // SAFETY: a weak reference that is not cleared, so its object is there for `'gc`.
        (self.word.is_weak() && !self.word.is_cleared()).then(|| unsafe { self.word.as_object() })
    }

    /// The object, if there is one, however it is held. V8: `GetHeapObject`.
    #[inline]
    #[must_use]
    pub fn as_object(self) -> Option<&'gc HeapObject> {
        // SAFETY: neither a Smi nor cleared, so a reference to an object that is there for `'gc`.
        (!self.word.is_smi() && !self.word.is_cleared()).then(|| unsafe { self.word.as_object() })
    }

    /// The object, if there is one of class `T` or below, however it is held.
    #[inline]
    #[must_use]
    pub fn try_cast<T: HeapClass>(self) -> Option<&'gc T> {
        let object = self.as_object()?;
        // SAFETY: the map says that the object is a `T`.
        object.is_instance_of::<T>().then(|| unsafe { self.word.as_object() })
    }

    /// The value, if it is not weak.
    #[inline]
    #[must_use]
    pub fn as_tagged(self) -> Option<Tagged<'gc, Any>> {
        // SAFETY: a Smi or a strong reference, valid for `'gc`.
        (!self.word.is_weak()).then(|| unsafe { Tagged::from_word(self.word) })
    }
}

impl<U> PartialEq for MaybeWeak<'_, U> {
    /// The same Smi, or the same object held as strongly.
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.word.same(other.word)
    }
}

impl<U> Eq for MaybeWeak<'_, U> {}

impl<U> core::fmt::Debug for MaybeWeak<'_, U> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.is_cleared() {
            return f.write_str("<cleared>");
        }
        match self.as_object() {
            Some(object) => {
                f.write_str(if self.word.is_weak() { "weak " } else { "" })?;
                crate::inspect::brief(object, f)
            }
            None => write!(f, "{}", Smi::from_word(self.word)),
        }
    }
}

/// Stores the object weakly in a field that could hold it strongly too.
#[derive(Clone, Copy, Debug)]
pub struct Weakly<S>(pub S);

/// A value that may be stored where a union has weak alternatives: what [`Admits`](super::Admits) takes for the strong
/// ones, [`Weakly`] of an object for the weak ones, a [`MaybeWeak`] of the same union, or [`Nil`], a cleared weak
/// reference.
///
/// # Safety
///
/// `maybe_weak_word` yields a word that `U::SET` describes, valid at the time of the call.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a field declared `Tagged<{U}>`",
    label = "the field's type does not name this class",
    note = "store an instance of a class that the declaration names, `Weakly(…)` of one that it names as `Weak`, or `Nil`"
)]
pub unsafe trait AdmitsMaybeWeak<U, I> {
    /// Whether the word may refer to what the collector has to be told of; false for Smis and what is read-only.
    const NEEDS_BARRIER: bool = true;

    /// The word to store.
    ///
    /// # Safety
    ///
    /// A scope of the value's isolate is in use, so that a handle's slot is still there to be read.
    #[doc(hidden)]
    unsafe fn maybe_weak_word(&self) -> Word;

    /// How the store tells the collector.
    #[doc(hidden)]
    #[inline(always)]
    fn mode(&self) -> WriteBarrierMode<'_> {
        WriteBarrierMode::UPDATE
    }
}

/// Ways in which such a union admits a value; inferred.
pub(crate) mod weak_how {
    #![allow(missing_docs, unreachable_pub)]
    pub enum Strong<const N: usize> {}
    pub enum Weak<const N: usize> {}
}

// SAFETY: the value's own word.
unsafe impl<U, I, V: AdmitsMaybeWeak<U, I>> AdmitsMaybeWeak<U, how::WithMode<I>> for WithMode<'_, V> {
    const NEEDS_BARRIER: bool = V::NEEDS_BARRIER;

    #[inline]
    unsafe fn maybe_weak_word(&self) -> Word {
        // SAFETY: the caller's contract.
        unsafe { self.0.maybe_weak_word() }
    }

    #[inline(always)]
    fn mode(&self) -> WriteBarrierMode<'_> {
        self.1
    }
}

// SAFETY: `MaybeObject` admits every reference.
#[diagnostic::do_not_recommend]
unsafe impl<S: ObjectSource> AdmitsMaybeWeak<MaybeObject, how::AnyObject> for S {
    const NEEDS_BARRIER: bool = S::NEEDS_BARRIER;

    #[inline]
    unsafe fn maybe_weak_word(&self) -> Word {
        // SAFETY: the caller's contract.
        unsafe { self.word() }
    }
}

// SAFETY: `MaybeObject` admits every weak reference.
#[diagnostic::do_not_recommend]
unsafe impl<S: ObjectSource> AdmitsMaybeWeak<MaybeObject, how::AnyObject> for Weakly<S> {
    const NEEDS_BARRIER: bool = S::NEEDS_BARRIER;

    #[inline]
    unsafe fn maybe_weak_word(&self) -> Word {
        // SAFETY: the caller's contract.
        unsafe { self.0.word() }.to_weak()
    }
}

// SAFETY: `MaybeObject` admits Smis.
unsafe impl AdmitsMaybeWeak<MaybeObject, how::SmallInteger> for Smi {
    const NEEDS_BARRIER: bool = false;

    #[inline]
    unsafe fn maybe_weak_word(&self) -> Word {
        self.to_word()
    }
}

// SAFETY: `MaybeObject` admits every strong value.
unsafe impl<U: super::TaggedType> AdmitsMaybeWeak<MaybeObject, how::Widened> for Tagged<'_, U> {
    #[inline]
    unsafe fn maybe_weak_word(&self) -> Word {
        Tagged::word(*self)
    }
}

// SAFETY: a value of the same union.
unsafe impl<U: MaybeWeakType> AdmitsMaybeWeak<U, how::Same> for MaybeWeak<'_, U> {
    #[inline]
    unsafe fn maybe_weak_word(&self) -> Word {
        self.word
    }
}

// SAFETY: every such union has a weak alternative (the macro sees to it), and so can hold a cleared reference.
unsafe impl<U: MaybeWeakType> AdmitsMaybeWeak<U, how::Absent> for Nil {
    const NEEDS_BARRIER: bool = false;

    #[inline]
    unsafe fn maybe_weak_word(&self) -> Word {
        Word::CLEARED
    }
}

macro_rules! maybe_weak_union {
    ($($m:ident),*; $($n:literal $at:ident [$($before:ident),*] [$($after:ident),*]),*) => {
        // SAFETY: `AdmitsMaybeWeak` for a tuple accepts exactly its members, and a cleared reference.
        unsafe impl<$($m: MaybeWeakMember),*> MaybeWeakType for ($($m,)*) {
            const SET: TypeSet = TypeSet::new(&[$($m::MEMBER),*]);
        }

        $(
            // SAFETY: an instance of `S::Class` is an instance of the union's member.
            #[diagnostic::do_not_recommend]
            unsafe impl<S: ObjectSource, $($before: MaybeWeakMember,)* $at: HeapClass, $($after: MaybeWeakMember),*>
                AdmitsMaybeWeak<($($before,)* $at, $($after,)*), weak_how::Strong<$n>> for S
            where
                S::Class: IsA<$at>,
            {
                const NEEDS_BARRIER: bool = S::NEEDS_BARRIER;

                #[inline]
                unsafe fn maybe_weak_word(&self) -> Word {
                    // SAFETY: the caller's contract.
                    unsafe { self.word() }
                }
            }

            // SAFETY: the union names `Smi`.
            unsafe impl<$($before: MaybeWeakMember,)* $($after: MaybeWeakMember),*>
                AdmitsMaybeWeak<($($before,)* Smi, $($after,)*), weak_how::Strong<$n>> for Smi
            {
                const NEEDS_BARRIER: bool = false;

                #[inline]
                unsafe fn maybe_weak_word(&self) -> Word {
                    self.to_word()
                }
            }

            // SAFETY: an instance of `S::Class` is an instance of the class that the union names as weak.
            #[diagnostic::do_not_recommend]
            unsafe impl<S: ObjectSource, __C: HeapClass, $($before: MaybeWeakMember,)* $($after: MaybeWeakMember),*>
                AdmitsMaybeWeak<($($before,)* Weak<__C>, $($after,)*), weak_how::Weak<$n>> for Weakly<S>
            where
                S::Class: IsA<__C>,
            {
                const NEEDS_BARRIER: bool = S::NEEDS_BARRIER;

                #[inline]
                unsafe fn maybe_weak_word(&self) -> Word {
                    // SAFETY: the caller's contract.
                    unsafe { self.0.word() }.to_weak()
                }
            }
        )*
    };
}
maybe_weak_union!(A, B; 0 A [] [B], 1 B [A] []);
maybe_weak_union!(A, B, C; 0 A [] [B, C], 1 B [A] [C], 2 C [A, B] []);
maybe_weak_union!(A, B, C, D; 0 A [] [B, C, D], 1 B [A] [C, D], 2 C [A, B] [D], 3 D [A, B, C] []);
maybe_weak_union!(
    A, B, C, D, E;
    0 A [] [B, C, D, E], 1 B [A] [C, D, E], 2 C [A, B] [D, E], 3 D [A, B, C] [E], 4 E [A, B, C, D] []
);
maybe_weak_union!(
    A, B, C, D, E, F;
    0 A [] [B, C, D, E, F], 1 B [A] [C, D, E, F], 2 C [A, B] [D, E, F], 3 D [A, B, C] [E, F], 4 E [A, B, C, D] [F],
    5 F [A, B, C, D, E] []
);

/// What a field of `object` would hold after `value` was stored: for the conditions of checked setters.
#[inline]
pub fn admitted_maybe_weak<'a, U, T, I>(object: &'a T, value: &impl AdmitsMaybeWeak<U, I>) -> MaybeWeak<'a, U> {
    let _ = object;
    // SAFETY: `object` borrows a scope for `'a`, so nothing moves.
    MaybeWeak { word: unsafe { value.maybe_weak_word() }, _object: PhantomData, _type: PhantomData }
}

/// A field whose reference may be strong or weak.
#[repr(transparent)]
pub struct MaybeWeakField<U> {
    cell: TaggedCell,
    _type: PhantomData<fn() -> U>,
}

impl<U> MaybeWeakField<U> {
    /// The value.
    ///
    /// # Safety
    ///
    /// `object` is the one that the field belongs to.
    #[inline]
    pub unsafe fn get_maybe_weak<'a, T>(&'a self, object: &'a T, order: Ordering) -> MaybeWeak<'a, U> {
        let word = self.cell.load_near(core::ptr::from_ref(object).addr(), order);
        // What `AdmitsMaybeWeak<U, _>` produced, or cleared since; `&self` lives no longer than the object stays put.
        MaybeWeak { word, _object: PhantomData, _type: PhantomData }
    }

    #[inline]
    fn store<T, I, V: AdmitsMaybeWeak<U, I>>(&self, object: &T, value: V, order: Ordering) {
        // SAFETY: `object` borrows a scope.
        let word = unsafe { value.maybe_weak_word() };
        self.cell.store(word, order);
        self.tell::<T, I, V>(object, word, value.mode());
    }

    /// What is to be done after a store of a `V`.
    #[inline(always)]
    fn tell<T, I, V: AdmitsMaybeWeak<U, I>>(&self, object: &T, word: Word, mode: WriteBarrierMode<'_>) {
        if !word.is_smi() && !word.is_cleared() {
            let host = core::ptr::from_ref(object).addr();
            barrier::write_object(host, self.cell.address(), word, mode.for_value(V::NEEDS_BARRIER));
        }
    }

    /// Stores a value and tells the collector.
    ///
    /// # Safety
    ///
    /// The field is one of `object`'s and not constant.
    #[inline]
    pub unsafe fn set<T, I>(&self, object: &T, value: impl AdmitsMaybeWeak<U, I>) {
        self.store(object, value, Ordering::Relaxed);
    }

    /// Stores a value with release order and tells the collector.
    ///
    /// # Safety
    ///
    /// The field is one of `object`'s and not constant.
    #[inline]
    pub unsafe fn set_release<T, I>(&self, object: &T, value: impl AdmitsMaybeWeak<U, I>) {
        self.store(object, value, Ordering::Release);
    }

    /// Stores a value with sequentially consistent order and tells the collector.
    ///
    /// # Safety
    ///
    /// The field is one of `object`'s and not constant.
    #[inline]
    pub unsafe fn set_seq_cst<T, I>(&self, object: &T, value: impl AdmitsMaybeWeak<U, I>) {
        self.store(object, value, Ordering::SeqCst);
    }

    /// Stores a value in one step with reading the one before, and tells the collector.
    ///
    /// # Safety
    ///
    /// The field is one of `object`'s and not constant.
    #[inline]
    pub unsafe fn swap<'a, T, I, V: AdmitsMaybeWeak<U, I>>(
        &'a self,
        object: &'a T,
        value: V,
        order: Ordering,
    ) -> MaybeWeak<'a, U> {
        // SAFETY: `object` borrows a scope.
        let word = unsafe { value.maybe_weak_word() };
        let before = self.cell.swap(word, core::ptr::from_ref(object).addr(), order);
        self.tell::<T, I, V>(object, word, WriteBarrierMode::UPDATE);
        MaybeWeak { word: before, _object: PhantomData, _type: PhantomData }
    }

    /// Stores `new` in one step if the field holds `current`, as strongly, and then tells the collector. What the field
    /// held before.
    ///
    /// # Safety
    ///
    /// The field is one of `object`'s and not constant.
    #[inline]
    pub unsafe fn compare_exchange<'a, T, I, J, V: AdmitsMaybeWeak<U, J>>(
        &'a self,
        object: &'a T,
        current: impl AdmitsMaybeWeak<U, I>,
        new: V,
        order: Ordering,
    ) -> Result<MaybeWeak<'a, U>, MaybeWeak<'a, U>> {
        // SAFETY: `object` borrows a scope.
        let (current, new) = unsafe { (current.maybe_weak_word(), new.maybe_weak_word()) };
        let before = self.cell.compare_exchange(current, new, core::ptr::from_ref(object).addr(), order);
        if before.is_ok() {
            self.tell::<T, J, V>(object, new, WriteBarrierMode::UPDATE);
        }
        let read = |word| MaybeWeak { word, _object: PhantomData, _type: PhantomData };
        before.map(read).map_err(read)
    }

    /// Writes the field of an object being made.
    ///
    /// # Safety
    ///
    /// The object is being initialised; the allocator looks at it afterwards if it is not young.
    #[inline]
    pub unsafe fn init<I>(&self, value: impl AdmitsMaybeWeak<U, I>) {
        // SAFETY: the allocator holds the scope.
        self.cell.store(unsafe { value.maybe_weak_word() }, Ordering::Relaxed);
    }
}

// SAFETY: `AdmitsMaybeWeak` yields what the cell may hold.
#[diagnostic::do_not_recommend]
unsafe impl<U, I, V: AdmitsMaybeWeak<U, I>> ElementInit<MaybeWeakField<U>, I> for V {
    #[inline]
    unsafe fn init(&self, cell: &MaybeWeakField<U>) {
        // SAFETY: the caller's contract.
        cell.cell.store(unsafe { self.maybe_weak_word() }, Ordering::Relaxed);
    }
}
