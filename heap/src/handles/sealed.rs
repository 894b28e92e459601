//! Sealed scopes: reading without making handles.
//!
//! Loops that make a handle each time round fill the handle stack; V8 finds that when it happens in a debug build. Here a
//! [`SealedScope`] is all a function is given, and there is no way from it to a [`HandleScope`]. It borrows the scope as
//! a read does, so what it reads is as valid as what the scope does; it holds the isolate and nothing more.

use super::eternal::Eternal;
use super::global::{Global, WeakGlobal};
use super::handle::Handle;
use super::persistent::{PersistentHandle, PersistentHandles};
use super::scope::HandleScope;
use crate::isolate_slots::IsolateSlot;
use crate::roots::RootKey;
use crate::tagged::{HeapClass, TaggedType};

/// The right to read, and to do nothing else: no handle can be made with it and nothing allocated. V8:
/// `SealHandleScope`, where a handle made inside is a crash of debug builds; here it does not compile.
///
/// ```
/// # use heapwright::prelude::*;
/// # use heapwright::SealedScope;
/// # #[heap_object] struct Point { x: Smi, next: Tagged<Option<Point>> }
/// # heap_classes! { static CLASSES = [Point]; }
/// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
/// # let mut scope = isolate.enter();
/// fn sum(scope: SealedScope<'_, '_>, first: Handle<'_, Point>) -> i32 {
///     std::iter::successors(Some(scope.get(first)), |point| point.next()).map(Point::x).sum()
/// }
/// let end = Point::new(&mut scope, PointInit { x: 2, next: Nil });
/// let first = Point::new(&mut scope, PointInit { x: 1, next: end });
/// assert_eq!(sum(scope.sealed(), first), 3);
/// ```
///
/// ```compile_fail,E0599
/// # use heapwright::prelude::*;
/// # fn f(scope: &mut HandleScope<'_>) {
/// scope.sealed().handle(smi(1));
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SealedScope<'gc, 's> {
    scope: &'gc HandleScope<'s>,
}

impl<'s> HandleScope<'s> {
    /// This scope for reading alone.
    #[inline]
    #[must_use]
    pub fn sealed(&self) -> SealedScope<'_, 's> {
        SealedScope { scope: self }
    }
}

impl<'gc> SealedScope<'gc, '_> {
    /// What a handle refers to.
    ///
    /// # Panics
    ///
    /// As for [`Handle::get`].
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn get<'h: 'gc, U: TaggedType>(self, handle: Handle<'h, U>) -> U::Ref<'gc> {
        handle.get(self.scope)
    }

    /// What a global refers to.
    ///
    /// # Panics
    ///
    /// If it is another isolate's.
    #[must_use]
    #[track_caller]
    pub fn global<U: TaggedType>(self, global: &Global<U>) -> U::Ref<'gc> {
        global.get(self.scope)
    }

    /// What a weak global refers to, if that has not been collected.
    ///
    /// # Panics
    ///
    /// If it is another isolate's.
    #[must_use]
    #[track_caller]
    pub fn weak_global<T: HeapClass>(self, global: &WeakGlobal<T>) -> Option<&'gc T> {
        global.get(self.scope)
    }

    /// What an eternal handle refers to.
    ///
    /// # Panics
    ///
    /// If it is another isolate's.
    #[must_use]
    #[track_caller]
    pub fn eternal<U: TaggedType>(self, eternal: Eternal<U>) -> U::Ref<'gc> {
        eternal.get(self.scope)
    }

    /// What a persistent handle refers to.
    ///
    /// # Panics
    ///
    /// If the handles are another isolate's, or the handle is not one of them.
    #[must_use]
    #[track_caller]
    pub fn persistent<U: TaggedType>(self, handles: &PersistentHandles, handle: PersistentHandle<U>) -> U::Ref<'gc> {
        handles.get(self.scope, handle)
    }

    /// The value of a root.
    ///
    /// # Panics
    ///
    /// As for [`HandleScope::root`].
    #[must_use]
    #[track_caller]
    pub fn root<U: TaggedType>(self, key: RootKey<U>) -> U::Ref<'gc> {
        self.scope.root(key)
    }

    /// The value of an isolate slot.
    ///
    /// # Panics
    ///
    /// As for [`HandleScope::isolate_slot`].
    #[must_use]
    #[track_caller]
    pub fn isolate_slot<T: 'static>(self, slot: IsolateSlot<T>) -> &'gc T {
        self.scope.isolate_slot(slot)
    }

    /// The number of the isolate.
    #[must_use]
    pub fn isolate_id(self) -> u64 {
        self.scope.isolate_id()
    }
}
