//! Eternal handles: set once, alive as long as the isolate.
//!
//! An [`Eternal`] is the number of its isolate and an index into a list there, which only grows. So it is plain data: it
//! may be copied and sent anywhere and be kept in a `static`. It is sound because numbers of isolates and indices are
//! never used twice: only the call that filled a slot has made eternals of its index, with the slot's type.

use super::global::WrongIsolate;
use super::handle::{Handle, ToHandle};
use super::scope::HandleScope;
use crate::memory::MemoryChunk;
use crate::tagged::{TaggedType, Word};
use core::cell::RefCell;
use core::marker::PhantomData;

/// A root that is never given up: for what the embedder needs until the end. V8: `v8::Eternal`.
///
/// ```
/// # use heapwright::prelude::*;
/// # use heapwright::Eternal;
/// # #[heap_object] struct Point { x: Smi }
/// # heap_classes! { static CLASSES = [Point]; }
/// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
/// let origin = {
///     let mut scope = isolate.enter();
///     let point = Point::new(&mut scope, PointInit { x: 0 });
///     Eternal::new(&scope, point)
/// };
/// let mut scope = isolate.enter();
/// scope.collect(CollectionKind::Full);
/// assert_eq!(origin.get(&scope).x(), 0);
/// ```
pub struct Eternal<U> {
    isolate: u64,
    index: usize,
    _type: PhantomData<fn() -> U>,
}

// By hand: a derive would ask for `U: Copy`.
impl<U> Clone for Eternal<U> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<U> Copy for Eternal<U> {}

/// An isolate's eternal handles. V8: `EternalHandles`.
#[derive(Debug, Default)]
pub(crate) struct EternalHandles {
    words: RefCell<Vec<usize>>,
    /// The indices of those that may refer to young objects: all that a scavenge has to look at.
    young: RefCell<Vec<usize>>,
}

impl EternalHandles {
    fn create(&self, word: Word) -> usize {
        let mut words = self.words.borrow_mut();
        let index = words.len();
        words.push(word.bits());
        if is_young(word) {
            self.young.borrow_mut().push(index);
        }
        index
    }

    /// Replaces each word.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(Word) -> Word) {
        for word in &mut *self.words.borrow_mut() {
            *word = visit(Word::from_bits(*word)).bits();
        }
    }

    /// Replaces the words that may refer to young objects, for a collection that moves no others.
    pub(crate) fn for_each_young(&self, mut visit: impl FnMut(Word) -> Word) {
        let mut words = self.words.borrow_mut();
        self.young.borrow_mut().retain(|index| {
            let word = visit(Word::from_bits(words[*index]));
            words[*index] = word.bits();
            is_young(word)
        });
    }
}

fn is_young(word: Word) -> bool {
    !word.is_smi() && MemoryChunk::of(word.address()).is_young()
}

impl<U: TaggedType> Eternal<U> {
    /// A root for what the handle refers to.
    #[must_use]
    pub fn new(scope: &HandleScope<'_>, handle: Handle<'_, U>) -> Eternal<U> {
        // SAFETY: a scope is given.
        let word = unsafe { handle.word() };
        let data = scope.data();
        Eternal { isolate: data.id, index: data.eternals.create(word), _type: PhantomData }
    }

    /// A root for what the reference refers to.
    #[must_use]
    pub fn from_ref<V: ToHandle<Type = U>>(scope: &HandleScope<'_>, value: V) -> Eternal<U> {
        let data = scope.data();
        Eternal { isolate: data.id, index: data.eternals.create(value.to_word()), _type: PhantomData }
    }

    /// What it refers to.
    ///
    /// # Errors
    ///
    /// If the scope is another isolate's.
    #[inline]
    pub fn try_get<'gc>(&self, scope: &'gc HandleScope<'_>) -> Result<U::Ref<'gc>, WrongIsolate> {
        let data = scope.data();
        if self.isolate != data.id {
            return Err(WrongIsolate { global: self.isolate, entered: data.id });
        }
        let word = Word::from_bits(data.eternals.words.borrow()[self.index]);
        // SAFETY: the slot of that index was filled with a value of `U` and is a root; nothing moves while the scope is
        // borrowed.
        Ok(unsafe { U::from_word(word) })
    }

    /// What it refers to.
    ///
    /// # Panics
    ///
    /// If the scope is another isolate's.
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn get<'gc>(&self, scope: &'gc HandleScope<'_>) -> U::Ref<'gc> {
        self.try_get(scope).unwrap_or_else(|error| panic!("{error}"))
    }
}

impl<U> core::fmt::Debug for Eternal<U> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Eternal {} of isolate {}", self.index, self.isolate)
    }
}
