//! A tagged value in safe hands.

use super::class::{Any, HeapClass};
use super::heap_object::HeapObject;
use super::smi::Smi;
use super::word::Word;
use core::marker::PhantomData;

/// A Smi or a reference to an object of one of `U`'s classes, valid for `'gc`: until the scope it was read with is
/// next used to allocate. For a single class there is no need of it: that is `&'gc T`. V8: `Tagged<Union<…>>`.
pub struct Tagged<'gc, U> {
    word: Word,
    _object: PhantomData<&'gc HeapObject>,
    _type: PhantomData<fn() -> U>,
}

impl<U> Clone for Tagged<'_, U> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<U> Copy for Tagged<'_, U> {}

impl<'gc, U> Tagged<'gc, U> {
    /// # Safety
    ///
    /// The word is a Smi or a strong reference to an object of one of `U`'s classes that stays where it is
    /// for `'gc`.
    #[inline]
    pub(crate) const unsafe fn from_word(word: Word) -> Self {
        Tagged { word, _object: PhantomData, _type: PhantomData }
    }

    #[inline]
    pub(crate) const fn word(self) -> Word {
        self.word
    }

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

    /// The object, if it is not a Smi.
    #[inline]
    #[must_use]
    pub fn as_object(self) -> Option<&'gc HeapObject> {
        if self.word.is_smi() {
            None
        } else {
            // SAFETY: not a Smi, so by `from_word`'s contract a reference that is valid for `'gc`.
            Some(unsafe { self.word.as_object() })
        }
    }

    /// Whether it is an object of class `T` or below.
    #[inline]
    #[must_use]
    pub fn is<T: HeapClass>(self) -> bool {
        self.as_object().is_some_and(HeapObject::is_instance_of::<T>)
    }

    /// The object, if it is of class `T` or below. V8: `TryCast`.
    #[inline]
    #[must_use]
    pub fn try_cast<T: HeapClass>(self) -> Option<&'gc T> {
        let object = self.as_object()?;
        // SAFETY: the map says that the object is a `T`.
        object.is_instance_of::<T>().then(|| unsafe { self.word.as_object() })
    }

    /// Whether it is an object of class `T` and of none below.
    #[inline]
    #[must_use]
    pub fn is_exactly<T: HeapClass>(self) -> bool {
        self.try_cast_exact::<T>().is_some()
    }

    /// The object, if it is of class `T` and of none below.
    #[inline]
    #[must_use]
    pub fn try_cast_exact<T: HeapClass>(self) -> Option<&'gc T> {
        self.as_object().and_then(super::casts::object_exactly)
    }

    /// The object of class `T` or below. V8: `Cast`, which checks only in debug builds.
    ///
    /// # Panics
    ///
    /// If it is something else, naming what it is.
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn cast<T: HeapClass>(self) -> &'gc T {
        match self.try_cast() {
            Some(object) => object,
            None => super::casts::cast_failed::<T>(self.as_object(), self.as_smi()),
        }
    }

    /// The same value, of unknown class.
    #[inline]
    #[must_use]
    pub const fn to_any(self) -> Tagged<'gc, Any> {
        Tagged { word: self.word, _object: PhantomData, _type: PhantomData }
    }
}

impl<U> PartialEq for Tagged<'_, U> {
    /// The same Smi, or the same object. V8: `==` of `Tagged`.
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.word.same(other.word)
    }
}

impl<U> Eq for Tagged<'_, U> {}

impl<U> core::fmt::Debug for Tagged<'_, U> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.as_object() {
            Some(object) => crate::inspect::brief(object, f),
            None => write!(f, "{}", Smi::from_word(self.word)),
        }
    }
}

impl<'gc, T: HeapClass> From<&'gc T> for Tagged<'gc, Any> {
    #[inline]
    fn from(object: &'gc T) -> Self {
        // SAFETY: a reference to an instance is a strong reference to it, valid for `'gc`.
        unsafe { Tagged::from_word(Word::strong(core::ptr::from_ref(object).addr())) }
    }
}

impl From<Smi> for Tagged<'_, Any> {
    #[inline]
    fn from(smi: Smi) -> Self {
        // SAFETY: a Smi is always valid.
        unsafe { Tagged::from_word(smi.to_word()) }
    }
}
