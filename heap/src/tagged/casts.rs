//! Casts between classes, and what every object can do.

use super::class::{HeapClass, IsA};
use super::heap_object::HeapObject;
use super::value::Tagged;
use super::word::Word;

/// What every object can do. Inherited by method call: `object.try_cast::<Str>()`.
pub trait HeapObjectExt: HeapClass {
    /// Where the class's own strong fields begin, in bytes.
    const START_OF_STRONG_FIELDS_OFFSET: usize = Self::LAYOUT.strong_fields().start;
    /// Where the class's own strong fields end; where they begin if there are none.
    const END_OF_STRONG_FIELDS_OFFSET: usize = Self::LAYOUT.strong_fields().end;
    /// Where the class's own weak fields begin, in bytes.
    const START_OF_WEAK_FIELDS_OFFSET: usize = Self::LAYOUT.weak_fields().start;
    /// Where the class's own weak fields end; where they begin if there are none.
    const END_OF_WEAK_FIELDS_OFFSET: usize = Self::LAYOUT.weak_fields().end;

    /// The object as its root class.
    #[inline]
    fn as_heap_object(&self) -> &HeapObject {
        // SAFETY: every class begins with the fields of `HeapObject`, its map.
        unsafe { word_of(self).as_strong() }
    }

    /// Whether the object is a `T`. `T` must be below the class at hand: an unrelated cast does not compile.
    #[inline]
    fn is<T: IsA<Self>>(&self) -> bool {
        self.as_heap_object().is_instance_of::<T>()
    }

    /// Whether the object is a `T` and nothing more special.
    #[inline]
    fn is_exactly<T: IsA<Self>>(&self) -> bool {
        self.as_heap_object().class() == T::CLASS
    }

    /// The object as a `T`, if it is one. V8: `TryCast`.
    #[inline]
    fn try_cast<T: IsA<Self>>(&self) -> Option<&T> {
        // SAFETY: the map says that the object is a `T`.
        self.is::<T>().then(|| unsafe { word_of(self).as_strong() })
    }

    /// The object as a `T`, if it is one and nothing more special.
    #[inline]
    fn try_cast_exact<T: IsA<Self>>(&self) -> Option<&T> {
        object_exactly(self)
    }

    /// The object as a `T`. V8: `Cast`, which checks only in debug builds.
    ///
    /// # Panics
    ///
    /// If it is something else, naming what it is.
    #[inline]
    #[track_caller]
    fn cast<T: IsA<Self>>(&self) -> &T {
        match self.try_cast() {
            Some(object) => object,
            None => cast_failed::<T>(Some(self.as_heap_object()), None),
        }
    }

    /// The object as a `T`, checked in debug builds only. V8: `UncheckedCast`.
    ///
    /// # Safety
    ///
    /// The object is a `T`.
    #[inline]
    unsafe fn cast_unchecked<T: IsA<Self>>(&self) -> &T {
        debug_assert!(
            self.is::<T>(),
            "unchecked cast of a {} to {}",
            self.as_heap_object().class().name(),
            T::CLASS.name()
        );
        // SAFETY: the caller's contract.
        unsafe { word_of(self).as_strong() }
    }

    /// The object as the class `T` above it; `Deref` does the same one class at a time.
    #[inline]
    fn upcast<T: HeapClass>(&self) -> &T
    where
        Self: IsA<T>,
    {
        // SAFETY: `IsA` promises that `Self` begins with the fields of `T`.
        unsafe { word_of(self).as_strong() }
    }

    /// The object as a tagged value.
    #[inline]
    fn as_tagged(&self) -> Tagged<'_, super::class::Any> {
        Tagged::from(self)
    }
}

impl<T: HeapClass> HeapObjectExt for T {}

/// The object as a `T`, related or not, if it is one.
#[inline]
pub(super) fn object_as<S: HeapClass, T: HeapClass>(object: &S) -> Option<&T> {
    // SAFETY: the map says that the object is a `T`.
    object.as_heap_object().is_instance_of::<T>().then(|| unsafe { word_of(object).as_strong() })
}

/// The object as a `T`, related or not, if it is one and nothing more special.
#[inline]
pub(super) fn object_exactly<S: HeapClass, T: HeapClass>(object: &S) -> Option<&T> {
    let is_exact = core::ptr::eq(object.as_heap_object().class(), T::CLASS);
    // SAFETY: the map says that the object is a `T`.
    is_exact.then(|| unsafe { word_of(object).as_strong() })
}

#[inline]
fn word_of<T: HeapClass>(object: &T) -> Word {
    Word::strong(core::ptr::from_ref(object).addr())
}

#[cold]
#[inline(never)]
#[track_caller]
pub(super) fn cast_failed<T: HeapClass>(object: Option<&HeapObject>, smi: Option<i32>) -> ! {
    match (object, smi) {
        (Some(object), _) => panic!("cast to {} of {object:?}", T::CLASS.name()),
        (None, smi) => panic!("cast to {} of the Smi {}", T::CLASS.name(), smi.unwrap_or_default()),
    }
}
