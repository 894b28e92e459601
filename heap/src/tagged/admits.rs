//! Which values may be stored where: decided by types.
//!
//! `V: Admits<U, I>` reads "a slot declared `Tagged<U>` admits a `V`". The parameter `I` is always inferred: it says
//! *how* (`V` is the class itself, the second of the union, …), so that the impls below cannot overlap.

use super::class::{Any, HeapClass, IsA, TaggedType, UnionMember};
use super::smi::{IntoSmi, Smi};
use super::value::Tagged;
use super::word::Word;
use crate::barrier::WriteBarrierMode;
use crate::handles::Handle;

/// Ways in which a slot admits a value; inferred, never written.
pub(crate) mod how {
    #![allow(missing_docs, unreachable_pub)]
    pub enum Object {}
    pub enum AnyObject {}
    pub enum OptionOf {}
    pub enum OptionSome {}
    pub enum Absent {}
    pub enum SmallInteger {}
    pub enum Same {}
    pub enum Widened {}
    pub struct WithMode<I>(I);
    pub enum Nth<const N: usize> {}
}

/// A value that may be stored in a slot declared `Tagged<U>`: an object, a handle, a [`Smi`], a [`Tagged`] of the
/// same union, or [`Nil`] where the slot is optional.
///
/// # Safety
///
/// `word` yields a Smi or a strong reference that `U::SET` describes, valid at the time of the call; one that is not
/// young, if `NEEDS_BARRIER` is false, and no Smi, if `MAY_BE_SMI` is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a field declared `Tagged<{U}>`",
    label = "the field's type does not name this class",
    note = "store an instance of a class that the declaration names (or of one below it), cast the value first (`try_cast`), or widen the declaration"
)]
pub unsafe trait Admits<U, I> {
    /// Whether the collector has to be told of a store: not if the value's type says that it is never young.
    #[doc(hidden)]
    const NEEDS_BARRIER: bool = true;

    /// Whether the word may be a Smi, of which the collector is not told.
    const MAY_BE_SMI: bool = true;
    /// The word to store.
    ///
    /// # Safety
    ///
    /// A scope of the value's isolate is in use, so that a handle's slot is still there to be read.
    #[doc(hidden)]
    unsafe fn word(&self) -> Word;

    /// How the store tells the collector.
    #[doc(hidden)]
    #[inline(always)]
    fn mode(&self) -> WriteBarrierMode<'_> {
        WriteBarrierMode::UPDATE
    }
}

/// A value that may be stored in a field declared `Weak<C>`: an object, a handle, an `Option` of either, or [`Nil`].
///
/// # Safety
///
/// `word` yields a strong reference to an instance of `C`, valid at the time of the call, or
/// [`Word::CLEARED`]; the instance is not young, if `NEEDS_BARRIER` is false.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a field declared `Weak<{C}>`",
    label = "the field's type does not name this class",
    note = "store an instance of `{C}` (or of a class below it), an `Option` of one, or `Nil`"
)]
pub unsafe trait AdmitsWeak<C, I> {
    /// As in [`Admits`].
    #[doc(hidden)]
    const NEEDS_BARRIER: bool = true;
    /// The word to store, its reference still strong.
    ///
    /// # Safety
    ///
    /// A scope of the value's isolate is in use, so that a handle's slot is still there to be read.
    #[doc(hidden)]
    unsafe fn word(&self) -> Word;

    /// How the store tells the collector.
    #[doc(hidden)]
    #[inline(always)]
    fn mode(&self) -> WriteBarrierMode<'_> {
        WriteBarrierMode::UPDATE
    }
}

/// Something that refers to one object of a known class: a reference or a handle.
///
/// # Safety
///
/// `word` is a strong reference to an instance of `Class`, valid at the time of the call; one that is not young, if
/// `NEEDS_BARRIER` is false.
pub unsafe trait ObjectSource {
    /// The class.
    type Class: HeapClass;
    /// Whether the collector has to be told of a store of it.
    #[doc(hidden)]
    const NEEDS_BARRIER: bool = true;
    /// The reference.
    ///
    /// # Safety
    ///
    /// A scope of the value's isolate is in use, so that a handle's slot is still there to be read.
    #[doc(hidden)]
    unsafe fn word(&self) -> Word;
}

/// A value to be stored as a [`WriteBarrierMode`] says, which is an optional argument of V8's setters.
///
/// ```
/// use heapwright::{WithMode, prelude::*};
/// # #[heap_object] struct Pair { left: Tagged<Option<Pair>>, right: Tagged<Option<Pair>> }
/// # heap_classes! { static CLASSES = [Pair]; }
/// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
/// # let mut scope = isolate.enter();
/// let memory = scope.reserve(2 * Pair::SIZE).unwrap();
/// let first = memory.fresh(PairInit { left: Nil, right: Nil });
/// let second = memory.fresh(PairInit { left: first, right: Nil });
/// first.set_left(WithMode(second, first.mode())); // into a fresh object: a bare store
/// ```
#[derive(Clone, Copy, Debug)]
pub struct WithMode<'gc, V>(pub V, pub WriteBarrierMode<'gc>);

// SAFETY: the value's own word.
unsafe impl<U, I, V: Admits<U, I>> Admits<U, how::WithMode<I>> for WithMode<'_, V> {
    const NEEDS_BARRIER: bool = V::NEEDS_BARRIER;
    const MAY_BE_SMI: bool = V::MAY_BE_SMI;

    #[inline]
    unsafe fn word(&self) -> Word {
        // SAFETY: the caller's contract.
        unsafe { self.0.word() }
    }

    #[inline(always)]
    fn mode(&self) -> WriteBarrierMode<'_> {
        self.1
    }
}

// SAFETY: the value's own word.
unsafe impl<C, I, V: AdmitsWeak<C, I>> AdmitsWeak<C, how::WithMode<I>> for WithMode<'_, V> {
    const NEEDS_BARRIER: bool = V::NEEDS_BARRIER;

    #[inline]
    unsafe fn word(&self) -> Word {
        // SAFETY: the caller's contract.
        unsafe { self.0.word() }
    }

    #[inline(always)]
    fn mode(&self) -> WriteBarrierMode<'_> {
        self.1
    }
}

/// No object: what `Option` and weak fields hold before they hold something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nil;

// SAFETY: a reference to an instance is valid for as long as it exists.
unsafe impl<T: HeapClass> ObjectSource for &T {
    type Class = T;
    #[inline]
    unsafe fn word(&self) -> Word {
        Word::strong(core::ptr::from_ref::<T>(self).addr())
    }
}

// SAFETY: `Handle::word` panics unless the slot is alive, and then it holds a `T`.
unsafe impl<T: HeapClass> ObjectSource for Handle<'_, T> {
    type Class = T;
    #[inline]
    unsafe fn word(&self) -> Word {
        // SAFETY: the caller's contract.
        unsafe { Handle::word(*self) }
    }
}

// SAFETY: an instance of `S::Class` is an instance of `C`.
#[diagnostic::do_not_recommend]
unsafe impl<S: ObjectSource, C: HeapClass> Admits<C, how::Object> for S
where
    S::Class: IsA<C>,
{
    const NEEDS_BARRIER: bool = S::NEEDS_BARRIER;
    const MAY_BE_SMI: bool = false;
    #[inline]
    unsafe fn word(&self) -> Word {
        // SAFETY: the caller's contract.
        unsafe { ObjectSource::word(self) }
    }
}

// SAFETY: `Any` describes every value.
#[diagnostic::do_not_recommend]
unsafe impl<S: ObjectSource> Admits<Any, how::AnyObject> for S {
    const NEEDS_BARRIER: bool = S::NEEDS_BARRIER;
    const MAY_BE_SMI: bool = false;
    #[inline]
    unsafe fn word(&self) -> Word {
        // SAFETY: the caller's contract.
        unsafe { ObjectSource::word(self) }
    }
}

// SAFETY: an instance of `S::Class` is an instance of `C`.
#[diagnostic::do_not_recommend]
unsafe impl<S: ObjectSource, C: HeapClass> Admits<Option<C>, how::OptionOf> for S
where
    S::Class: IsA<C>,
{
    const NEEDS_BARRIER: bool = S::NEEDS_BARRIER;
    const MAY_BE_SMI: bool = false;
    #[inline]
    unsafe fn word(&self) -> Word {
        // SAFETY: the caller's contract.
        unsafe { ObjectSource::word(self) }
    }
}

// SAFETY: as above, or the Smi zero for `None`.
#[diagnostic::do_not_recommend]
unsafe impl<S: ObjectSource, C: HeapClass> Admits<Option<C>, how::OptionSome> for Option<S>
where
    S::Class: IsA<C>,
{
    const NEEDS_BARRIER: bool = S::NEEDS_BARRIER;
    #[inline]
    unsafe fn word(&self) -> Word {
        // SAFETY: the caller's contract.
        self.as_ref().map_or(Word::ZERO, |object| unsafe { object.word() })
    }
}

// SAFETY: the Smi zero is `None`.
unsafe impl<C: HeapClass> Admits<Option<C>, how::Absent> for Nil {
    const NEEDS_BARRIER: bool = false;
    #[inline]
    unsafe fn word(&self) -> Word {
        Word::ZERO
    }
}

// SAFETY: a Smi is a tagged value.
unsafe impl Admits<Any, how::SmallInteger> for Smi {
    const NEEDS_BARRIER: bool = false;
    #[inline]
    unsafe fn word(&self) -> Word {
        self.to_word()
    }
}

// SAFETY: a Smi is one.
unsafe impl Admits<Smi, how::SmallInteger> for Smi {
    #[inline]
    unsafe fn word(&self) -> Word {
        self.to_word()
    }
}

macro_rules! integers {
    ($($int:ty),*) => { $(
        // SAFETY: `into_smi` makes it a Smi, or panics.
        unsafe impl Admits<Smi, how::SmallInteger> for $int {
            #[inline]
            #[track_caller]
            unsafe fn word(&self) -> Word {
                self.into_smi().to_word()
            }
        }
    )* };
}
integers!(i32, u8, i8, u16, i16);

// SAFETY: a `Tagged<U>` holds a value of `U`.
unsafe impl<U: TaggedType> Admits<U, how::Same> for Tagged<'_, U> {
    const MAY_BE_SMI: bool = U::MAY_BE_SMI;

    #[inline]
    unsafe fn word(&self) -> Word {
        Tagged::word(*self)
    }
}

// SAFETY: `Handle::word` panics unless the slot is alive, and then it holds an `Any`.
unsafe impl Admits<Any, how::Same> for Handle<'_, Any> {
    #[inline]
    unsafe fn word(&self) -> Word {
        // SAFETY: the caller's contract.
        unsafe { Handle::word(*self) }
    }
}

// SAFETY: an instance of `S::Class` is an instance of `C`.
#[diagnostic::do_not_recommend]
unsafe impl<S: ObjectSource, C: HeapClass> AdmitsWeak<C, how::Object> for S
where
    S::Class: IsA<C>,
{
    const NEEDS_BARRIER: bool = S::NEEDS_BARRIER;
    #[inline]
    unsafe fn word(&self) -> Word {
        // SAFETY: the caller's contract.
        unsafe { ObjectSource::word(self) }
    }
}

// SAFETY: as above, or cleared.
#[diagnostic::do_not_recommend]
unsafe impl<S: ObjectSource, C: HeapClass> AdmitsWeak<C, how::OptionSome> for Option<S>
where
    S::Class: IsA<C>,
{
    const NEEDS_BARRIER: bool = S::NEEDS_BARRIER;
    #[inline]
    unsafe fn word(&self) -> Word {
        // SAFETY: the caller's contract.
        self.as_ref().map_or(Word::CLEARED, |object| unsafe { object.word() })
    }
}

// SAFETY: cleared.
unsafe impl<C: HeapClass> AdmitsWeak<C, how::Absent> for Nil {
    const NEEDS_BARRIER: bool = false;
    #[inline]
    unsafe fn word(&self) -> Word {
        Word::CLEARED
    }
}

/// Impls of one union position: `position!(index of the member; the member; the union)`.
macro_rules! position {
    ($n:literal, $member:ident, $($m:ident),*) => {
        // SAFETY: an instance of `S::Class` is an instance of the union's member.
        #[diagnostic::do_not_recommend]
        unsafe impl<S: ObjectSource, $($m: UnionMember),*> Admits<($($m,)*), how::Nth<$n>> for S
        where
            $member: HeapClass,
            S::Class: IsA<$member>,
        {
            const NEEDS_BARRIER: bool = S::NEEDS_BARRIER;
    const MAY_BE_SMI: bool = false;
            #[inline]
            unsafe fn word(&self) -> Word {
                // SAFETY: the caller's contract.
                unsafe { ObjectSource::word(self) }
            }
        }
    };
}

/// Impls of `Smi` at one union position: the other members before and after it.
macro_rules! smi_position {
    ($n:literal, ($($before:ident),*), ($($after:ident),*)) => {
        // SAFETY: the union names `Smi`.
        unsafe impl<$($before: UnionMember,)* $($after: UnionMember),*>
            Admits<($($before,)* Smi, $($after,)*), how::Nth<$n>> for Smi
        {
            const NEEDS_BARRIER: bool = false;
            #[inline]
            unsafe fn word(&self) -> Word {
                self.to_word()
            }
        }
    };
}

/// A union widens to `Any`, and its handles store its values.
macro_rules! widen {
    ($($m:ident),*) => {
        // SAFETY: `Any` describes every value.
        unsafe impl<$($m: UnionMember),*> Admits<Any, how::Widened> for Tagged<'_, ($($m,)*)> {
            #[inline]
            unsafe fn word(&self) -> Word {
                Tagged::word(*self)
            }
        }

        // SAFETY: `Handle::word` panics unless the slot is alive, and then it holds a value of the union.
        unsafe impl<$($m: UnionMember),*> Admits<($($m,)*), how::Same> for Handle<'_, ($($m,)*)> {
            #[inline]
            unsafe fn word(&self) -> Word {
                // SAFETY: the caller's contract.
                unsafe { Handle::word(*self) }
            }
        }

        // SAFETY: as above, and `Any` describes every value.
        unsafe impl<$($m: UnionMember),*> Admits<Any, how::Widened> for Handle<'_, ($($m,)*)> {
            #[inline]
            unsafe fn word(&self) -> Word {
                // SAFETY: the caller's contract.
                unsafe { Handle::word(*self) }
            }
        }
    };
}

widen!(A, B);
position!(0, A, A, B);
position!(1, B, A, B);
smi_position!(0, (), (B));
smi_position!(1, (A), ());

widen!(A, B, C);
position!(0, A, A, B, C);
position!(1, B, A, B, C);
position!(2, C, A, B, C);
smi_position!(0, (), (B, C));
smi_position!(1, (A), (C));
smi_position!(2, (A, B), ());

widen!(A, B, C, D);
position!(0, A, A, B, C, D);
position!(1, B, A, B, C, D);
position!(2, C, A, B, C, D);
position!(3, D, A, B, C, D);
smi_position!(0, (), (B, C, D));
smi_position!(1, (A), (C, D));
smi_position!(2, (A, B), (D));
smi_position!(3, (A, B, C), ());

widen!(A, B, C, D, E);
position!(0, A, A, B, C, D, E);
position!(1, B, A, B, C, D, E);
position!(2, C, A, B, C, D, E);
position!(3, D, A, B, C, D, E);
position!(4, E, A, B, C, D, E);
smi_position!(0, (), (B, C, D, E));
smi_position!(1, (A), (C, D, E));
smi_position!(2, (A, B), (D, E));
smi_position!(3, (A, B, C), (E));
smi_position!(4, (A, B, C, D), ());

widen!(A, B, C, D, E, F);
position!(0, A, A, B, C, D, E, F);
position!(1, B, A, B, C, D, E, F);
position!(2, C, A, B, C, D, E, F);
position!(3, D, A, B, C, D, E, F);
position!(4, E, A, B, C, D, E, F);
position!(5, F, A, B, C, D, E, F);
smi_position!(0, (), (B, C, D, E, F));
smi_position!(1, (A), (C, D, E, F));
smi_position!(2, (A, B), (D, E, F));
smi_position!(3, (A, B, C), (E, F));
smi_position!(4, (A, B, C, D), (F));
smi_position!(5, (A, B, C, D, E), ());
