//! The handle itself.

use super::scope::HandleScope;
use super::stack::Slot;
use crate::tagged::{Any, HeapClass, Smi, Tagged, TaggedType, Word};
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A reference that survives collections, as long as the scope `'s` it was made in. Reading it takes a scope:
/// comparing, hashing or printing handles without one does not compile. V8: `Handle<T>`, `Local<T>`.
///
/// ```
/// # use heapwright::prelude::*;
/// # #[heap_object] struct Point { x: Smi }
/// # heap_classes! { static CLASSES = [Point]; }
/// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
/// # let mut scope = isolate.enter();
/// let point = Point::new(&mut scope, PointInit { x: 3 });
/// scope.collect(CollectionKind::Full); // the point moves
/// assert_eq!(point.get(&scope).x(), 3);
/// ```
pub struct Handle<'s, U> {
    slot: NonNull<Slot>,
    _scope: PhantomData<&'s Slot>,
    _type: PhantomData<fn() -> U>,
}

// By hand: a derive would ask for `U: Copy`.
impl<U> Clone for Handle<'_, U> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<U> Copy for Handle<'_, U> {}

impl<'s, U: TaggedType> Handle<'s, U> {
    /// # Safety
    ///
    /// `slot` was pushed onto the handle stack by a scope whose lifetime is `'s` and holds a value of `U`.
    #[inline]
    pub(super) const unsafe fn from_slot(slot: NonNull<Slot>) -> Handle<'s, U> {
        Handle { slot, _scope: PhantomData, _type: PhantomData }
    }

    /// What it refers to: `&T` for a class, [`Tagged`] for a union.
    ///
    /// # Panics
    ///
    /// If its scope has ended. The compiler rejects that, but for one case: the outermost scope of an isolate has
    /// ended and this is the scope of another.
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn get<'gc>(self, _: &'gc HandleScope<'_>) -> U::Ref<'gc>
    where
        's: 'gc,
    {
        // SAFETY: a scope is given. The slot is alive, so it holds a value of `U` in the isolate that is entered, which is
        // that of the scope; nothing moves while that is borrowed.
        unsafe { U::from_word(self.word()) }
    }

    /// The word in the slot.
    ///
    /// # Safety
    ///
    /// A scope is in use on this thread. If it is one of the handle's isolate, the handle's own scope has not ended, for
    /// until then no other could be used; if it is another's, the slot is dead but still there.
    ///
    /// # Panics
    ///
    /// If the slot is dead.
    #[inline]
    #[track_caller]
    pub(crate) unsafe fn word(self) -> Word {
        // SAFETY: the caller's contract: see `Block::drop`.
        let word = Word::from_bits(unsafe { self.slot.as_ref() }.get());
        if word.bits() == Word::CLEARED.bits() {
            dead();
        }
        word
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn dead() -> ! {
    panic!("this handle's scope has ended: a handle lives as long as the `HandleScope` it was made in")
}

impl<U> Handle<'_, U> {
    /// Where its slot is.
    #[inline]
    pub(super) const fn slot(&self) -> NonNull<Slot> {
        self.slot
    }
}

impl<'s, T: HeapClass> Handle<'s, T> {
    /// The same object as a class above its own.
    #[inline]
    #[must_use]
    pub fn upcast<P: HeapClass>(self) -> Handle<'s, P>
    where
        T: crate::tagged::IsA<P>,
    {
        Handle { slot: self.slot, _scope: PhantomData, _type: PhantomData }
    }

    /// The same object as a value of any class.
    #[inline]
    #[must_use]
    pub fn to_any(self) -> Handle<'s, Any> {
        Handle { slot: self.slot, _scope: PhantomData, _type: PhantomData }
    }
}

impl<U> core::fmt::Debug for Handle<'_, U> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // Not what it refers to: that takes a scope.
        f.write_str("Handle")
    }
}

/// What [`HandleScope::handle`] makes a handle of: a reference, a [`Tagged`] or a [`Smi`].
///
/// # Safety
///
/// `to_word` is a value of `Type`.
pub unsafe trait ToHandle {
    /// What the handle's type will be.
    type Type: TaggedType;
    #[doc(hidden)]
    fn to_word(self) -> Word;
}

// SAFETY: a reference is to an instance of its class.
unsafe impl<T: HeapClass> ToHandle for &T {
    type Type = T;
    #[inline]
    fn to_word(self) -> Word {
        Word::strong(core::ptr::from_ref(self).addr())
    }
}

// SAFETY: a `Tagged<U>` is a value of `U`.
unsafe impl<U: TaggedType> ToHandle for Tagged<'_, U> {
    type Type = U;
    #[inline]
    fn to_word(self) -> Word {
        self.word()
    }
}

// SAFETY: a Smi is a value of `Any`.
unsafe impl ToHandle for Smi {
    type Type = Any;
    #[inline]
    fn to_word(self) -> Word {
        Smi::to_word(self)
    }
}
