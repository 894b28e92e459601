//! Canonical scopes: one handle for each object.
//!
//! The map from objects to handles goes by address, and addresses change. But the handles are known to the collector and
//! always right: so when a collection has run since the map was last used, it is made anew from them.
//!
//! Only this scope pushes the slots in its map, and they live as long as it; a slot of another type than asked for is
//! no harm, since an object that is a `U` stays one and the slot holds no other.

use super::handle::{Handle, ToHandle};
use super::scope::HandleScope;
use super::stack::Slot;
use crate::tagged::{RawTagged, TaggedType, Word};
use core::cell::{Cell, RefCell};
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;
use std::collections::HashMap;

/// A scope in which the same object, and the same Smi, has the same handle: for compilers and others that keep tables by
/// object while objects move. Made by [`HandleScope::canonical`]. V8: `CanonicalHandleScope`.
///
/// It is a [`HandleScope`] besides: what is made through that has ordinary handles, to be
/// [`canonicalize`](Self::canonicalize)d.
///
/// ```
/// # use heapwright::prelude::*;
/// # #[heap_object] struct Point { x: Smi }
/// # heap_classes! { static CLASSES = [Point]; }
/// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
/// # let mut scope = isolate.enter();
/// use std::collections::HashMap;
///
/// let point = Point::new(&mut scope, PointInit { x: 3 });
/// let again = scope.handle(point.get(&scope)); // another handle of the same point
/// let mut scope = scope.canonical();
/// let mut names = HashMap::new();
/// names.insert(scope.canonicalize(point), "a point");
/// scope.collect(CollectionKind::Full); // it moves
/// assert_eq!(names[&scope.canonicalize(again)], "a point");
/// ```
#[derive(Debug)]
pub struct CanonicalScope<'s> {
    scope: HandleScope<'s>,
    identity: RefCell<IdentityMap>,
}

/// The one handle that its object has in a [`CanonicalScope`]: handles of one scope are equal if and only if their objects
/// are, without looking at these. Those of different scopes cannot be compared: that does not compile.
pub struct CanonicalHandle<'s, U> {
    handle: Handle<'s, U>,
    /// Invariant, so that the type is that of one scope.
    _scope: PhantomData<Cell<&'s mut ()>>,
}

/// V8: `IdentityMap`.
#[derive(Debug, Default)]
struct IdentityMap {
    /// By the word, in the form it has in fields.
    slots: HashMap<RawTagged, NonNull<Slot>>,
    /// How many collections there had been when the keys were right.
    collections: u64,
}

impl IdentityMap {
    /// Makes the keys right again, if objects may have moved.
    fn renew(&mut self, collections: u64) {
        if self.collections == collections {
            return;
        }
        self.collections = collections;
        let slots = self.slots.drain().map(|(_, slot)| {
            // SAFETY: the slot was pushed by the canonical scope, which is in use.
            (Word::from_bits(unsafe { slot.as_ref() }.get()).compress(), slot)
        });
        self.slots = slots.collect::<Vec<_>>().into_iter().collect();
    }
}

impl HandleScope<'_> {
    /// A scope inside this one in which each object has one handle. This one cannot be used meanwhile.
    pub fn canonical(&mut self) -> CanonicalScope<'_> {
        CanonicalScope { scope: self.nested(), identity: RefCell::default() }
    }
}

impl<'s> CanonicalScope<'s> {
    /// The handle of a reference, a tagged value or a Smi.
    pub fn handle<V: ToHandle>(&self, value: V) -> CanonicalHandle<'s, V::Type> {
        // SAFETY: `ToHandle` promises the type, and the value was read with a scope that is still borrowed.
        unsafe { self.find(value.to_word()) }
    }

    /// The handle of what another handle refers to.
    #[track_caller]
    pub fn canonicalize<U: TaggedType>(&self, handle: Handle<'_, U>) -> CanonicalHandle<'s, U> {
        // SAFETY: `self` is a scope; and the slot holds a value of `U`, as it is now.
        unsafe { self.find(handle.word()) }
    }

    /// How many objects have a handle.
    #[must_use]
    pub fn len(&self) -> usize {
        self.identity.borrow().slots.len()
    }

    /// Whether none has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// # Safety
    ///
    /// The word is a value of `U`, up to date.
    unsafe fn find<U: TaggedType>(&self, word: Word) -> CanonicalHandle<'s, U> {
        let data = self.scope.data();
        let mut identity = self.identity.borrow_mut();
        identity.renew(data.heap.collector.young.count + data.heap.collector.full.count);
        let slot = *identity.slots.entry(word.compress()).or_insert_with(|| data.handles.push(word));
        // SAFETY: pushed by a scope of lifetime `'s`, now or before, and it holds the same word: a value of `U`.
        CanonicalHandle { handle: unsafe { Handle::from_slot(slot) }, _scope: PhantomData }
    }
}

impl<'s> Deref for CanonicalScope<'s> {
    type Target = HandleScope<'s>;

    #[inline]
    fn deref(&self) -> &HandleScope<'s> {
        &self.scope
    }
}

impl<'s> DerefMut for CanonicalScope<'s> {
    #[inline]
    fn deref_mut(&mut self) -> &mut HandleScope<'s> {
        &mut self.scope
    }
}

impl<'s, U: TaggedType> CanonicalHandle<'s, U> {
    /// The same as an ordinary handle.
    #[inline]
    #[must_use]
    pub fn handle(self) -> Handle<'s, U> {
        self.handle
    }

    /// What it refers to.
    ///
    /// # Panics
    ///
    /// As for [`Handle::get`].
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn get<'gc>(self, scope: &'gc HandleScope<'_>) -> U::Ref<'gc>
    where
        's: 'gc,
    {
        self.handle.get(scope)
    }
}

// By hand: derives would ask for `U: Copy` and so on.
impl<U> Clone for CanonicalHandle<'_, U> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<U> Copy for CanonicalHandle<'_, U> {}

impl<U> PartialEq for CanonicalHandle<'_, U> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.handle.slot() == other.handle.slot()
    }
}

impl<U> Eq for CanonicalHandle<'_, U> {}

impl<U> Hash for CanonicalHandle<'_, U> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.handle.slot().hash(state);
    }
}

impl<U> core::fmt::Debug for CanonicalHandle<'_, U> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("CanonicalHandle")
    }
}
